import {
  type CallOptions,
  type LLMAdapter,
  type ModelRow,
  type ProviderDefinition,
  prepareCall,
  type StreamPart,
} from '@orchestrator/adapters';
import {
  type BuiltInStepErrorName,
  isRetryableByDefault,
  ModelCallError,
  type ModelRequest,
  type ModelResult,
  type StepError,
} from '@orchestrator/contracts';

/** How a fake vendor answers a call. */
export type Reply = 'ok' | BuiltInStepErrorName | StepError | Promise<'ok' | BuiltInStepErrorName>;

/** One call that reached a fake vendor. */
export interface SeenCall {
  readonly provider: string;
  readonly model: string;
  readonly request: ModelRequest;
  readonly options: CallOptions;
  readonly atMs: number;
}

export interface FakeProvider {
  readonly id: string;
  readonly models?: readonly Partial<ModelRow>[];
  readonly requiresKey?: boolean;
  /** Parts of its streams; a failing reply comes after them. @defaultValue one text */
  readonly parts?: readonly StreamPart[];
}

const baseRow: ModelRow = {
  model: 'm',
  inputPer1M: 1,
  outputPer1M: 1,
  contextTokens: 100_000,
  maxOutputTokens: 10_000,
  defaultMaxTokens: 1_000,
  capabilities: ['text', 'streaming'],
  typicalLatencyMs: 1_000,
  sourceUrl: 'https://example.com',
  checkedOn: '2026-11-23',
};

export function failure(reply: BuiltInStepErrorName | StepError, provider: string): ModelCallError {
  if (typeof reply !== 'string') return new ModelCallError({ provider, ...reply });
  return new ModelCallError({ name: reply, message: `${provider} failed`, retryable: isRetryableByDefault(reply), provider });
}

/** A registry of vendors that answer as told, and a record of what reached them. */
export function createFakeRegistry(providers: readonly FakeProvider[], reply: (call: SeenCall) => Reply = () => 'ok') {
  const calls: SeenCall[] = [];

  function toDefinition(fake: FakeProvider): ProviderDefinition {
    const models = (fake.models ?? [{ model: `${fake.id}-1` }]).map((row) => ({ ...baseRow, ...row }));
    const profile = { id: fake.id, models, defaultModel: models[0]?.model ?? '' };
    const resultOf = (request: ModelRequest): ModelResult => {
      const call = prepareCall(profile, {}, request);
      const usage = { inputTokens: 10, outputTokens: 20, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
      const warnings = call.warnings.length === 0 ? {} : { warnings: call.warnings };
      const content = `${fake.id} says hello`;
      return {
        content,
        finishReason: 'stop',
        provider: fake.id,
        model: call.model,
        usage,
        costNanoUsd: 30,
        costBasis: 'catalogue',
        ...warnings,
      };
    };
    const see = async (request: ModelRequest, options: CallOptions): Promise<ModelCallError | undefined> => {
      const call = { provider: fake.id, model: request.model ?? profile.defaultModel, request, options, atMs: Date.now() };
      calls.push(call);
      const answer = await reply(call);
      if (options.signal.aborted) return failure('Run.Cancelled', fake.id);
      return answer === 'ok' ? undefined : failure(answer, fake.id);
    };
    const adapter: LLMAdapter = {
      id: fake.id,
      async generate(request, options) {
        const error = await see(request, options);
        if (error !== undefined) throw error;
        return resultOf(request);
      },
      async *stream(request, options) {
        const error = await see(request, options);
        const result = resultOf(request);
        yield* fake.parts ?? (error === undefined ? [{ type: 'text', text: result.content }] : []);
        if (error !== undefined) throw error;
        yield { type: 'usage', usage: result.usage, costNanoUsd: 30, costBasis: 'catalogue' };
        yield { type: 'finish', finishReason: 'stop', result };
      },
      async healthCheck() {
        const error = await see({ prompt: 'health' }, { signal: new AbortController().signal, timeoutMs: 1 });
        return error === undefined
          ? { status: 'healthy', latencyMs: 5 }
          : { status: 'unhealthy', latencyMs: 5, reason: error.message };
      },
      estimateCost: async () => ({ estimatedCostUSD: null, inputTokenCost: null, outputTokenCost: null }),
      getRateLimits: async () => ({
        requestLimit: null,
        requestsRemaining: null,
        tokenLimit: null,
        tokensRemaining: null,
        observedAtMs: null,
      }),
      supports: (capability) => models[0]?.capabilities.includes(capability) ?? false,
    };
    return {
      ...profile,
      displayName: fake.id.toUpperCase(),
      defaultBaseUrl: 'http://127.0.0.1:9',
      ...(fake.requiresKey === undefined ? {} : { requiresKey: fake.requiresKey }),
      createAdapter: () => adapter,
    };
  }

  const registry = providers.map(toDefinition);
  return {
    registry,
    calls,
    /** Ids in the order in which they were called. */
    called: () => calls.map(({ provider }) => provider),
    /** Keys for all of them. */
    keys: Object.fromEntries(providers.map(({ id }) => [id, { apiKey: `key-of-${id}` }])),
  };
}

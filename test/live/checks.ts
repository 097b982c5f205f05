import type { LLMAdapter, StreamPart } from '@orchestrator/adapters';
import type { Capability, ModelRequest, ModelResult } from '@orchestrator/contracts';

/** One thing that a vendor must do. Skipped for models that lack `needs`. */
export interface LiveCheck {
  readonly name: string;
  readonly needs?: Capability;
  /** @returns the answer it cost @throws Error that says what is wrong */
  readonly run: (adapter: LLMAdapter) => Promise<ModelResult>;
}

const callLimitMs = 60_000;
/** Models that think need room for it. */
const maxTokens = 1024;
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

const callOptions = () => ({ signal: new AbortController().signal, timeoutMs: callLimitMs });

function generate(adapter: LLMAdapter, request: ModelRequest): Promise<ModelResult> {
  return adapter.generate({ maxTokens, ...request }, callOptions());
}

function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** What holds for every answer: it is counted and priced. */
function checkBill({ usage, costNanoUsd, costBasis }: ModelResult): void {
  demand(usage.inputTokens > 0 && usage.outputTokens > 0, `usage is ${JSON.stringify(usage)}`);
  demand(costNanoUsd > 0, 'the answer cost nothing');
  demand(costBasis !== 'reserved' && costBasis !== 'none', `the cost is ${costBasis}: the vendor reported no usage`);
}

function cityIn(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null && 'city' in value ? value.city : undefined;
}

export const liveChecks: readonly LiveCheck[] = [
  {
    name: 'plain',
    async run(adapter) {
      const result = await generate(adapter, { prompt: 'Reply with the word "ready".', systemPrompt: 'You are terse.' });
      demand(result.content.trim() !== '', 'the answer is empty');
      checkBill(result);
      return result;
    },
  },
  {
    name: 'stream',
    needs: 'streaming',
    async run(adapter) {
      const parts: StreamPart[] = [];
      const request = { prompt: 'Count from one to ten in words.', maxTokens };
      for await (const part of adapter.stream(request, callOptions())) parts.push(part);
      const end = parts.at(-1);
      if (end?.type !== 'finish') throw new Error('the stream has no end');
      const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      demand(text.trim() !== '' && text === end.result.content, 'the parts are not the answer');
      checkBill(end.result);
      return end.result;
    },
  },
  {
    name: 'tools',
    needs: 'functions',
    async run(adapter) {
      const result = await generate(adapter, {
        prompt: 'How is the weather in Paris? Use the tool.',
        tools: [{ name: 'get_weather', description: 'The weather of a city', parameters: city }],
        toolChoice: 'required',
      });
      const [call] = result.toolCalls ?? [];
      demand(call?.name === 'get_weather', 'no tool was called');
      demand(typeof cityIn(call?.arguments ?? '') === 'string', `the arguments are ${call?.arguments}`);
      checkBill(result);
      return result;
    },
  },
  {
    name: 'schema',
    needs: 'structured-output',
    async run(adapter) {
      const result = await generate(adapter, {
        prompt: 'Name the capital of France as JSON.',
        responseFormat: { type: 'json-schema', name: 'place', schema: city, strict: true },
      });
      demand(typeof cityIn(result.content) === 'string', `the answer is ${result.content.slice(0, 100)}`);
      checkBill(result);
      return result;
    },
  },
];

import { type NanoUsd, type TokenUsage, usdFromNanoUsd } from '@orchestrator/contracts';
import { Counter, Histogram, type Registry } from 'prom-client';
import { describeCallFailure } from '../call-failure.ts';
import type { CallStart, CallTelemetry } from '../run-telemetry.ts';

/** A vendor's model, as a label. */
interface ModelLabels {
  readonly provider: string;
  readonly model: string;
}

const durationBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300];
const firstTokenBuckets = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15];

const tokenTypes = {
  input: (usage) => usage.inputTokens,
  output: (usage) => usage.outputTokens,
  cached_input: (usage) => usage.cachedInputTokens,
  cache_write_input: (usage) => usage.cacheWriteInputTokens,
  reasoning: (usage) => usage.reasoningTokens,
} as const satisfies Record<string, (usage: TokenUsage) => number>;

function createSeries(registry: Registry) {
  const registers = [registry];
  const byModel = ['provider', 'model'] as const;
  return {
    calls: new Counter({
      name: 'orchestrator_provider_calls_total',
      help: 'Model calls by outcome: succeeded, held-back (never sent: a limit, a cool-down, an open circuit), or the error.',
      labelNames: [...byModel, 'outcome'],
      registers,
    }),
    durations: new Histogram({
      name: 'orchestrator_provider_call_duration_seconds',
      help: 'Time of the model calls that were sent, failed ones included.',
      labelNames: byModel,
      buckets: durationBuckets,
      registers,
    }),
    firstTokens: new Histogram({
      name: 'orchestrator_provider_first_token_seconds',
      help: 'Time to the first piece of a streamed answer.',
      labelNames: byModel,
      buckets: firstTokenBuckets,
      registers,
    }),
    tokens: new Counter({
      name: 'orchestrator_provider_tokens_total',
      help: 'Tokens by type. Cached and cache-write tokens are part of the input, reasoning tokens part of the output.',
      labelNames: [...byModel, 'type'],
      registers,
    }),
    costs: new Counter({
      name: 'orchestrator_provider_cost_usd_total',
      help: 'US dollars as booked: the worst case where nobody knows what the vendor charged.',
      labelNames: byModel,
      registers,
    }),
  };
}

/**
 * Counts model calls.
 * @param modelLabelOf - the catalogue's name of a model; `other` for all that are not in it, as users can name any
 * @returns to be called when one is about to be made
 */
export function addCallSeries(
  registry: Registry,
  modelLabelOf: (provider: string, model: string) => string,
): (call: CallStart) => CallTelemetry {
  const series = createSeries(registry);

  function book(labels: ModelLabels, costNanoUsd: NanoUsd, usage: TokenUsage | undefined): void {
    series.costs.inc({ ...labels }, usdFromNanoUsd(costNanoUsd));
    if (usage === undefined) return;
    for (const [type, tokensOf] of Object.entries(tokenTypes)) series.tokens.inc({ ...labels, type }, tokensOf(usage));
  }

  return ({ plan }) => {
    const startedAt = performance.now();
    const passedSeconds = () => (performance.now() - startedAt) / 1_000;
    const { provider } = plan;
    const labels: ModelLabels = { provider, model: modelLabelOf(provider, plan.model) };
    return {
      firstToken: () => series.firstTokens.observe({ ...labels }, passedSeconds()),
      succeeded(result) {
        series.calls.inc({ ...labels, outcome: 'succeeded' });
        series.durations.observe({ ...labels }, passedSeconds());
        book(labels, result.costNanoUsd, result.usage);
      },
      failed(error) {
        const failure = describeCallFailure(plan, error);
        series.calls.inc({ ...labels, outcome: failure.isLocal ? 'held-back' : failure.name });
        if (failure.isLocal) return;
        series.durations.observe({ ...labels }, passedSeconds());
        book(labels, failure.costNanoUsd, failure.usage);
      },
    };
  };
}

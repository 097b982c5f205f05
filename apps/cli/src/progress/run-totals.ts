import type { LiveEvent } from '@orchestrator/contracts';
import { formatDuration } from '../format/format-duration.ts';
import { formatUsd } from '../format/format-usd.ts';

/** What a run has taken so far, as its events tell. */
export interface RunTotals {
  readonly steps: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** When the first event happened, ISO 8601. */
  readonly startedAt: string | null;
}

export const noTotals: RunTotals = { steps: 0, tokens: 0, costUsd: 0, startedAt: null };

export function addToTotals(totals: RunTotals, event: LiveEvent): RunTotals {
  const startedAt = totals.startedAt ?? event.at;
  if (event.type !== 'step-completed') return { ...totals, startedAt };
  const { promptTokens = 0, completionTokens = 0, costUSD } = event;
  return {
    steps: totals.steps + 1,
    tokens: totals.tokens + promptTokens + completionTokens,
    costUsd: totals.costUsd + costUSD,
    startedAt,
  };
}

/** `2 steps · 386 tokens · $0.0061 · 4.1 s` */
export function renderTotals({ steps, tokens, costUsd }: RunTotals, durationMs: number | null): string {
  return [
    ...(steps === 0 ? [] : [`${steps} ${steps === 1 ? 'step' : 'steps'}`]),
    ...(tokens === 0 ? [] : [`${tokens} tokens`]),
    formatUsd(costUsd),
    ...(durationMs === null ? [] : [formatDuration(durationMs)]),
  ].join(' · ');
}

import type { RoutingStrategy } from '@orchestrator/contracts';
import { listItems } from './list-items.ts';
import { nearMatch } from './near-match.ts';
import type { ProviderLimits, ProviderSettings } from './providers.ts';

/** What the environment decides about routing. Every process builds its router from these same options. */
export interface RoutingConfig {
  /** By provider id; only providers with at least one setting. */
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly defaultProvider?: string;
  readonly routingStrategy: RoutingStrategy;
  /** A call that can cost more waits for somebody's approval. US dollars. */
  readonly autoApproveThresholdUSD: number;
  readonly enableAudit: true;
  readonly enableFallback: boolean;
  /** Calls after the first one within a try. */
  readonly maxRetries: number;
  /** Provider ids, most wanted first; those not named come after them. */
  readonly priority: readonly string[];
  /** By provider id; those not named weigh 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** By provider id; only providers with at least one limit. */
  readonly limits: Readonly<Record<string, ProviderLimits>>;
  /** Streams: longest wait for the first piece of content, in milliseconds. */
  readonly firstTokenTimeoutMs: number;
  /** Streams: longest silence between two events, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/**
 * Adds a problem for each id that names no provider.
 * @param knownIds - nothing is checked where a process knows no provider at all
 */
function checkIds(variable: string, ids: readonly string[], knownIds: readonly string[], problems: string[]): void {
  if (knownIds.length === 0) return;
  for (const id of ids.filter((each) => !knownIds.includes(each))) {
    const guess = nearMatch(id, knownIds);
    problems.push(`${variable} names an unknown provider "${id}"${guess === undefined ? '' : ` (did you mean ${guess}?)`}`);
  }
}

/** Reads `a,b,c`. */
export function readPriority(list: string | undefined, knownIds: readonly string[], problems: string[]): readonly string[] {
  const ids = [...new Set(listItems(list))];
  checkIds('ORCHESTRATOR_PROVIDER_PRIORITY', ids, knownIds, problems);
  return ids;
}

const weightItem = /^([a-z0-9_-]+)\s*=\s*(\d{1,6}(?:\.\d{1,6})?)$/;

/** Reads `a=3,b=0.5`. */
export function readWeights(
  list: string | undefined,
  knownIds: readonly string[],
  problems: string[],
): Readonly<Record<string, number>> {
  const variable = 'ORCHESTRATOR_PROVIDER_WEIGHTS';
  const weights: Record<string, number> = Object.create(null);
  for (const item of listItems(list)) {
    const [, id, weight] = weightItem.exec(item) ?? [];
    if (id === undefined) problems.push(`${variable} must be a list such as a=3,b=0.5 (it has ${JSON.stringify(item)})`);
    else weights[id] = Number(weight);
  }
  checkIds(variable, Object.keys(weights), knownIds, problems);
  return weights;
}

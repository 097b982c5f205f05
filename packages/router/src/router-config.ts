import { type ProviderDefinition, type ProviderSettings, providers } from '@orchestrator/adapters';
import {
  type NanoUsd,
  nanoUsdFromUsd,
  type RoutingDecision,
  type RoutingStrategy,
  type StepErrorName,
} from '@orchestrator/contracts';
import { type RouterClock, systemClock } from './clock.ts';
import type { LimiterFactory, ProviderLimits } from './limits/limiter-factory.ts';

/** One vendor call that was made, or held back by a limit of our own. */
export interface RoutedAttempt {
  readonly provider: string;
  readonly model: string;
  readonly outcome: 'ok' | 'failed';
  readonly error?: StepErrorName;
  /** Nothing was sent. */
  readonly isLocal?: boolean;
  readonly latencyMs: number;
  readonly costUSD: number;
}

/** What the audit hook is told after each call. Holds no prompt and no answer. */
export interface RoutingRecord {
  readonly decision: RoutingDecision | undefined;
  readonly attempt: RoutedAttempt;
}

/** The part of a pino logger that the router needs. */
export interface RouterLog {
  warn(facts: object, message: string): void;
}

export interface BreakerConfig {
  /** Transient failures in a row that open the circuit of a model. @defaultValue 5 */
  readonly consecutiveFailures?: number | undefined;
  /** Time until a probe may try whether the model answers again, milliseconds. @defaultValue 30,000 */
  readonly halfOpenAfterMs?: number | undefined;
}

/** Options of `RouterEngine`. All are optional; without any provider's key the built-in sandbox answers. */
export interface RouterConfig {
  /** Asked first when a request names neither provider nor a known model, if it has a key. @defaultValue none */
  readonly defaultProvider?: string | undefined;
  /** Order of the providers where a request leaves the choice open. @defaultValue 'cheapest' */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** A request whose worst case is above this needs approval, US dollars. @defaultValue 1.00 */
  readonly autoApproveThresholdUSD?: number | undefined;
  /** Whether `onDecision` is called. @defaultValue true */
  readonly enableAudit?: boolean | undefined;
  /** Whether another provider is asked when one fails. @defaultValue true */
  readonly enableFallback?: boolean | undefined;
  /** Vendor calls after the first, at other providers and at the same one. @defaultValue 2 */
  readonly maxRetries?: number | undefined;
  /** Settings by provider id. A provider that needs a key and has none is not configured. @defaultValue {} */
  readonly providers?: Readonly<Record<string, ProviderSettings>> | undefined;
  /** @defaultValue the registry of `@orchestrator/adapters` */
  readonly registry?: readonly ProviderDefinition[] | undefined;
  /**
   * Shares of the strategy `weighted` by provider id, numbers of 0 or more; 1 for a provider that isn't named. One of weight 0 is
   * only asked when all others failed.
   */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** Order of the strategy `priority`: provider ids; those not named follow in the registry's order. */
  readonly priority?: readonly string[] | undefined;
  /** Our own limits by provider id. A provider without any costs no look-up. */
  readonly limits?: Readonly<Record<string, ProviderLimits>> | undefined;
  /** Where limits and cool-downs are counted; shared by all workers if its store is. @defaultValue this process's memory */
  readonly limiterFactory?: LimiterFactory | undefined;
  readonly breaker?: BreakerConfig | undefined;
  /** Longest wait of a stream for its first piece of content, milliseconds. A call's own option wins. @defaultValue none */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Longest silence of a stream between two events, milliseconds. A call's own option wins. @defaultValue none */
  readonly idleTimeoutMs?: number | undefined;
  readonly clock?: RouterClock | undefined;
  /** Numbers from 0 up to, not including, 1. @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
  /** Told of each call once it has ended. Must not throw; what it throws is logged. */
  readonly onDecision?: ((record: RoutingRecord) => void) | undefined;
  readonly log?: RouterLog | undefined;
}

/** `RouterConfig` with every default filled in. */
export interface RouterSettings {
  readonly defaultProvider: string | undefined;
  readonly routingStrategy: RoutingStrategy;
  readonly thresholdUSD: number;
  readonly thresholdNanoUsd: NanoUsd;
  readonly enableFallback: boolean;
  readonly maxRetries: number;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly registry: readonly ProviderDefinition[];
  readonly weights: Readonly<Record<string, number>>;
  readonly priority: readonly string[];
  readonly limits: Readonly<Record<string, ProviderLimits>>;
  readonly limiterFactory: LimiterFactory | undefined;
  readonly streamTimeouts: { readonly firstTokenTimeoutMs?: number; readonly idleTimeoutMs?: number };
  readonly breaker: { readonly consecutiveFailures: number; readonly halfOpenAfterMs: number };
  readonly clock: RouterClock;
  readonly random: () => number;
  readonly onDecision: ((record: RoutingRecord) => void) | undefined;
  readonly log: RouterLog | undefined;
}

export function settingsOf(config: RouterConfig): RouterSettings {
  const thresholdUSD = config.autoApproveThresholdUSD ?? 1;
  return {
    defaultProvider: config.defaultProvider,
    routingStrategy: config.routingStrategy ?? 'cheapest',
    thresholdUSD,
    thresholdNanoUsd: nanoUsdFromUsd(thresholdUSD),
    enableFallback: config.enableFallback ?? true,
    maxRetries: config.maxRetries ?? 2,
    providers: config.providers ?? {},
    registry: config.registry ?? providers,
    weights: config.weights ?? {},
    priority: config.priority ?? [],
    limits: config.limits ?? {},
    limiterFactory: config.limiterFactory,
    streamTimeouts: {
      ...(config.firstTokenTimeoutMs === undefined ? {} : { firstTokenTimeoutMs: config.firstTokenTimeoutMs }),
      ...(config.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: config.idleTimeoutMs }),
    },
    breaker: {
      consecutiveFailures: config.breaker?.consecutiveFailures ?? 5,
      halfOpenAfterMs: config.breaker?.halfOpenAfterMs ?? 30_000,
    },
    clock: config.clock ?? systemClock,
    random: config.random ?? Math.random,
    onDecision: (config.enableAudit ?? true) ? config.onDecision : undefined,
    log: config.log,
  };
}

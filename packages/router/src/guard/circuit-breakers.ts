import { ModelCallError } from '@orchestrator/contracts';
import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import type { RouterClock } from '../clock.ts';
import { setBounded } from './bounded-map.ts';
import { failureClassOf } from './failure-class.ts';
import type { Hold } from './hold.ts';

/**
 * One circuit per provider and model. closed → open after so many transient failures in a row → after a pause one call goes
 * through as a probe (half-open), and all others are refused until it has ended → closed when the vendor answered, else open again.
 * Only transient failures count: a vendor that answers 400, 401, 403, 404, 422 or 429 is alive.
 */
export interface CircuitBreakers {
  holdOf(provider: string, model: string): Hold | undefined;
  /** Takes the right to make one call; undefined when the circuit lets none through. Every ticket must be settled. */
  admit(provider: string, model: string): Ticket | undefined;
  /** By model, those that have been called. */
  statesOf(provider: string): Readonly<Record<string, CircuitName>>;
}

export type CircuitName = 'closed' | 'open' | 'half-open';

export interface Ticket {
  /** Tells how the call ended; the circuit's state has changed once this resolves. Only the first report counts. */
  settle(error?: unknown): Promise<void>;
}

interface Circuit {
  readonly policy: CircuitBreakerPolicy;
  openedAtMs: number;
}

/** Retry hint while a probe is under way. */
const probeMs = 1_000;

/** Ends a probe that has proved nothing: the circuit opens again. */
class UnfinishedProbe extends Error {
  override readonly name = 'UnfinishedProbe';
}

function isTrouble(error: unknown): boolean {
  if (error instanceof UnfinishedProbe) return true;
  return error instanceof ModelCallError && error.error.isLocal !== true && failureClassOf(error.error) === 'transient';
}

const isCancelled = (error: unknown) => error instanceof ModelCallError && error.error.name === 'Run.Cancelled';

export function createCircuitBreakers(
  config: { readonly consecutiveFailures: number; readonly halfOpenAfterMs: number },
  clock: Pick<RouterClock, 'now'>,
): CircuitBreakers {
  const circuits = new Map<string, Map<string, Circuit>>();
  const existing = (provider: string, model: string) => circuits.get(provider)?.get(model);

  function create(): Circuit {
    const policy = circuitBreaker(handleWhen(isTrouble), {
      halfOpenAfter: config.halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(config.consecutiveFailures),
    });
    const circuit: Circuit = { policy, openedAtMs: 0 };
    policy.onBreak(() => {
      circuit.openedAtMs = clock.now();
    });
    return circuit;
  }

  function circuitOf(provider: string, model: string): Circuit {
    const models = circuits.get(provider) ?? new Map<string, Circuit>();
    circuits.set(provider, models);
    const known = models.get(model);
    if (known !== undefined) return known;
    const circuit = create();
    setBounded(models, model, circuit);
    return circuit;
  }

  function holdOf(provider: string, model: string): Hold | undefined {
    const circuit = existing(provider, model);
    if (circuit === undefined || circuit.policy.state === CircuitState.Closed) return undefined;
    const nowMs = clock.now();
    const isProbing = circuit.policy.state === CircuitState.HalfOpen;
    const untilMs = isProbing ? nowMs + probeMs : circuit.openedAtMs + config.halfOpenAfterMs;
    if (untilMs <= nowMs) return undefined;
    const reason = isProbing
      ? `${provider}/${model} failed repeatedly; one call is finding out whether it answers again.`
      : `${provider}/${model} failed ${config.consecutiveFailures} times in a row; it is not asked for ${untilMs - nowMs} ms.`;
    return { code: 'circuit-open', reason, untilMs, error: 'Provider.Overloaded' };
  }

  return {
    holdOf,
    admit(provider, model) {
      if (holdOf(provider, model) !== undefined) return undefined;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const { policy } = circuitOf(provider, model);
      const settled = policy.execute(() => promise).catch(() => undefined);
      const isProbe = policy.state === CircuitState.HalfOpen;
      return {
        settle(error) {
          if (error === undefined) resolve();
          else reject(isProbe && isCancelled(error) ? new UnfinishedProbe() : error);
          return settled;
        },
      };
    },
    statesOf(provider) {
      const nowMs = clock.now();
      const nameOf = ({ policy, openedAtMs }: Circuit): CircuitName => {
        if (policy.state === CircuitState.Closed) return 'closed';
        return policy.state === CircuitState.Open && openedAtMs + config.halfOpenAfterMs > nowMs ? 'open' : 'half-open';
      };
      return Object.fromEntries([...(circuits.get(provider) ?? [])].map(([model, circuit]) => [model, nameOf(circuit)]));
    },
  };
}

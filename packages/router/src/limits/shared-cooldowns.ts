import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Cooldowns } from '../guard/cooldowns.ts';
import type { ProviderPool } from '../provider-pool.ts';
import type { RouterSettings } from '../router-config.ts';

/**
 * Lets all workers know when a vendor asked one of them for a pause. Written when that happens, read in the background while calls
 * are made, so that no call waits for it; a store that is down changes nothing. Refused keys aren't shared: during a deployment
 * other workers may have another key.
 */
export interface SharedCooldowns {
  publish(provider: string, ms: number): void;
  /** Reads what others have published, unless that was done just now. */
  refresh(): void;
}

const refreshEveryMs = 500;
/** A store that never answers is asked again after this time. */
const giveUpMs = 30_000;
const longestS = 300;

export function createSharedCooldowns(
  { limiterFactory, clock, log }: RouterSettings,
  pool: Pick<ProviderPool, 'configured'>,
  cooldowns: Cooldowns,
): SharedCooldowns {
  if (limiterFactory === undefined) return { publish: () => undefined, refresh: () => undefined };
  let limiter: RateLimiterAbstract | undefined;
  let nextReadMs = Number.NEGATIVE_INFINITY;
  let isReading = false;
  const connect = () => {
    limiter ??= limiterFactory({ keyPrefix: 'router-cooldown', points: 1, durationS: longestS });
    return limiter;
  };

  async function read(provider: string): Promise<void> {
    const answer = await connect().get(provider);
    if (answer === null || answer.consumedPoints <= 1 || answer.msBeforeNext <= 0) return;
    cooldowns.put(provider, {
      code: 'cooling-down',
      reason: `${provider} asked a worker for a pause.`,
      untilMs: clock.now() + answer.msBeforeNext,
      error: 'Provider.RateLimited',
    });
  }

  return {
    publish(provider, ms) {
      connect()
        .block(provider, Math.min(longestS, Math.max(1, Math.ceil(ms / 1_000))))
        .catch((error: unknown) => log?.warn({ error, provider }, 'a pause could not be shared with other workers'));
    },
    refresh() {
      if (clock.now() < (isReading ? nextReadMs + giveUpMs : nextReadMs)) return;
      isReading = true;
      nextReadMs = clock.now() + refreshEveryMs;
      void Promise.allSettled(pool.configured.map(({ id }) => read(id))).then(() => {
        isReading = false;
      });
    },
  };
}

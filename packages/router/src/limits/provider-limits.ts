import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RouterSettings } from '../router-config.ts';
import { memoryLimiters, type ProviderLimits } from './limiter-factory.ts';
import { createSlots, type Slot } from './slots.ts';
import { type AskStore, createAskStore } from './store-answer.ts';

/** The right to make one call. */
export interface Permit {
  /** @param tokens - what the call used; null when that isn't known: then all that was taken stays counted */
  release(outcome: { readonly tokens: number | null; readonly wasSent: boolean }): void;
}

export type Admission =
  | { readonly ok: true; readonly permit: Permit }
  | { readonly ok: false; readonly retryAfterMs: number; readonly reason: string };

export interface CallSize {
  /** Worst case of input and output tokens. */
  readonly tokens: number;
}

export interface ProviderLimiters {
  /** Takes what a call needs. Undefined, without any I/O, for a provider without limits. */
  acquire(provider: string, sizeOf: () => CallSize): Promise<Admission> | undefined;
}

const windowS = 60;
/** When a slot becomes free isn't known. */
const slotRetryMs = 500;
/** Calls that end give tokens back long before their minute is over. */
const longestTokenRetryMs = 2_000;
/** Tokens are not given back this close to the end of their window: they would widen the next one. */
const windowMarginMs = 50;

type Limiter = (provider: string, sizeOf: () => CallSize) => Promise<Admission>;

interface Counter {
  readonly limiter: RateLimiterAbstract;
  readonly points: number;
}

type Taken = { readonly ok: true; giveBack(unused: number): void } | { readonly ok: false; readonly retryAfterMs: number };

/** Takes points of the current window; what is given back goes to the same window or nowhere. */
async function take(
  { limiter, points: limit }: Counter,
  provider: string,
  wanted: number,
  { ask, clock }: { readonly ask: AskStore; readonly clock: RouterSettings['clock'] },
): Promise<Taken> {
  // A call above the whole limit takes all of a window rather than never getting in.
  const points = Math.min(wanted, limit);
  const answer = await ask(() => limiter.consume(provider, points));
  const untilMs = clock.now() + (answer.type === 'unknown' ? 0 : answer.msBeforeNext) - windowMarginMs;
  const giveBack = (unused: number) => {
    // What was wanted above the limit was never taken.
    const back = unused - (wanted - points);
    if (back > 0 && clock.now() < untilMs) void limiter.reward(provider, back).catch(() => undefined);
  };
  if (answer.type !== 'refused') return { ok: true, giveBack };
  // The counter counts refused calls too, and a smaller one may still fit.
  giveBack(wanted);
  return { ok: false, retryAfterMs: Math.max(1, answer.msBeforeNext) };
}

function createLimiter(id: string, limits: ProviderLimits, settings: RouterSettings, ask: AskStore): Limiter {
  const factory = settings.limiterFactory ?? memoryLimiters;
  const { requestsPerMinute, tokensPerMinute, maxConcurrent } = limits;
  const { clock, random } = settings;
  const counter = (kind: string, points: number | undefined): Counter | undefined =>
    points === undefined
      ? undefined
      : { points, limiter: factory({ keyPrefix: `router-${kind}-${id}`, points, durationS: windowS }) };
  const requests = counter('requests', requestsPerMinute);
  const tokens = counter('tokens', tokensPerMinute);
  const takeSlot =
    maxConcurrent === undefined
      ? undefined
      : createSlots(factory({ keyPrefix: `router-slots-${id}`, points: 1, durationS: windowS }), { ask, clock, random });

  return async (provider, sizeOf) => {
    const size = sizeOf();
    let slot: Slot | undefined;
    if (takeSlot !== undefined && maxConcurrent !== undefined) {
      slot = await takeSlot(provider, maxConcurrent);
      if (slot === undefined)
        return {
          ok: false,
          retryAfterMs: slotRetryMs,
          reason: `${id} already has ${maxConcurrent} calls in flight, its own limit here.`,
        };
    }
    const request = requests === undefined ? undefined : await take(requests, provider, 1, { ask, clock });
    if (request?.ok === false) {
      slot?.release();
      return {
        ok: false,
        retryAfterMs: request.retryAfterMs,
        reason: `${id} had its ${requestsPerMinute} requests of this minute.`,
      };
    }
    const taken = tokens === undefined ? undefined : await take(tokens, provider, size.tokens, { ask, clock });
    if (taken?.ok === false) {
      slot?.release();
      request?.giveBack(1);
      return {
        ok: false,
        retryAfterMs: Math.min(taken.retryAfterMs, longestTokenRetryMs),
        reason: `${id} had its ${tokensPerMinute} tokens of this minute.`,
      };
    }
    let isReleased = false;
    return {
      ok: true,
      permit: {
        release({ tokens: used, wasSent }) {
          if (isReleased) return;
          isReleased = true;
          slot?.release();
          if (!wasSent) request?.giveBack(1);
          if (!wasSent || used !== null) taken?.giveBack(size.tokens - (wasSent ? (used ?? 0) : 0));
        },
      },
    };
  };
}

/** Limiters are made at a provider's first call. */
export function createProviderLimits(settings: RouterSettings): ProviderLimiters {
  const limiters = new Map<string, Limiter>();
  const ask = createAskStore(settings);
  return {
    acquire(provider, sizeOf) {
      const limits = settings.limits[provider];
      if (limits === undefined || Object.values(limits).every((limit) => limit === undefined)) return undefined;
      const limiter = limiters.get(provider) ?? createLimiter(provider, limits, settings, ask);
      limiters.set(provider, limiter);
      return limiter(provider, sizeOf);
    },
  };
}

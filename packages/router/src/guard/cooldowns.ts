import type { RouterClock } from '../clock.ts';
import { setBounded } from './bounded-map.ts';
import type { Hold } from './hold.ts';

/** Providers, or single models of theirs, that said when they want to hear from us again, or that refuse our key. */
export interface Cooldowns {
  /** @param model - omitted: holds of the whole provider only */
  holdOf(provider: string, model?: string): Hold | undefined;
  /** Holds a provider or one of its models back; a shorter hold never replaces a longer one. */
  put(provider: string, hold: Hold, model?: string): void;
}

export function createCooldowns(clock: Pick<RouterClock, 'now'>): Cooldowns {
  const holds = new Map<string, Hold>();
  const keyOf = (provider: string, model: string | undefined) => (model === undefined ? provider : `${provider}/${model}`);
  const find = (key: string): Hold | undefined => {
    const hold = holds.get(key);
    if (hold === undefined || hold.untilMs > clock.now()) return hold;
    holds.delete(key);
    return undefined;
  };
  return {
    holdOf: (provider, model) => find(provider) ?? (model === undefined ? undefined : find(keyOf(provider, model))),
    put(provider, hold, model) {
      const key = keyOf(provider, model);
      const existing = holds.get(key);
      if (existing === undefined || existing.untilMs <= hold.untilMs) setBounded(holds, key, hold);
    },
  };
}

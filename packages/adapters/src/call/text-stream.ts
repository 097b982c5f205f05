import { toStorableText } from '@orchestrator/contracts';

const endsWithHighSurrogate = /[\uD800-\uDBFF]$/;

/**
 * Collects streamed text. Vendors cut deltas anywhere, also between the two halves of a surrogate pair: the first half
 * waits for the second, so that no delta is damaged by being made storable.
 */
export function createTextCollector(): { push(delta: string): string; flush(): string; text(): string } {
  const parts: string[] = [];
  let held = '';
  const emit = (raw: string) => {
    const safe = toStorableText(raw);
    parts.push(safe);
    return safe;
  };
  return {
    push(delta) {
      const joined = held + delta;
      held = endsWithHighSurrogate.test(joined) ? joined.slice(-1) : '';
      return emit(held === '' ? joined : joined.slice(0, -1));
    },
    flush() {
      const rest = held;
      held = '';
      return emit(rest);
    },
    text: () => parts.join(''),
  };
}

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again every `intervalMs` until the answer is not undefined; for outside facts that nobody announces.
 *
 * @returns undefined when the deadline passed first.
 */
export async function pollUntil<T>(
  ask: () => Promise<T | undefined>,
  limits: { readonly intervalMs: number; readonly timeoutMs: number },
): Promise<T | undefined> {
  const deadline = performance.now() + limits.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await delay(limits.intervalMs);
  }
}

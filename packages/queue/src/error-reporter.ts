import type { QueueLog } from './queue.ts';

/**
 * What BullMQ says when a job it knew is gone (FLUSHALL, a lock that ran out during an outage). The run's own lease
 * protects the work, so this is not news.
 */
const forgottenJob = /^Missing (lock|key) for job|^could not renew lock for job|^Job .* is not in the active state/;
const quietMs = 10_000;
const maxKinds = 100;

export type ErrorReporter = (error: unknown, sentence: string) => void;

/**
 * Writes the first error of a kind at once and then at most one line every 10 s with the number of those left out: a server
 * that is down or out of memory produces hundreds per second, one per connection and retry.
 */
export function createErrorReporter(log: QueueLog, nowMs: () => number = Date.now): ErrorReporter {
  const kinds = new Map<string, { loggedAtMs: number; suppressed: number }>();

  return (error, sentence) => {
    const { message, code } = describe(error);
    const kind = `${sentence}|${code ?? message.replace(/[0-9a-f.:-]{6,}|\d+/gi, '#').slice(0, 80)}`;
    const known = kinds.get(kind);
    if (known !== undefined && nowMs() - known.loggedAtMs < quietMs) {
      known.suppressed += 1;
      return;
    }
    if (kinds.size >= maxKinds) kinds.clear();
    kinds.set(kind, { loggedAtMs: nowMs(), suppressed: 0 });
    const facts = { error: message, ...(code === undefined ? {} : { code }), suppressed: known?.suppressed ?? 0 };
    if (forgottenJob.test(message)) log.debug(facts, 'The server forgot a job that was being handled.');
    else log.error(facts, sentence);
  };
}

function describe(error: unknown): { message: string; code: string | undefined } {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return { message: String(inner), code: undefined };
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
  return { message: inner.message === '' ? (code ?? inner.name) : inner.message, code };
}

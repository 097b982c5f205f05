/** The part of a logger that packages use. */
export interface LogSink {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

export interface RateLimitedLogOptions {
  /** One line per level and sentence in this many milliseconds. @defaultValue 10000 */
  readonly windowMs?: number;
  /** Unix milliseconds. @defaultValue Date.now */
  readonly nowMs?: () => number;
}

const maxSentences = 1_000;

/**
 * Writes a sentence once per window and counts the rest: the next line of the same level and sentence carries
 * `suppressed`. For outages, where a client reports the same error hundreds of times a second.
 * Works because sentences are constant and facts are fields.
 */
export function rateLimitedLog(log: LogSink, options: RateLimitedLogOptions = {}): LogSink {
  const windowMs = options.windowMs ?? 10_000;
  const nowMs = options.nowMs ?? Date.now;
  const seen = new Map<string, { writtenAtMs: number; suppressed: number }>();

  function limited(level: keyof LogSink) {
    return (facts: object, sentence: string): void => {
      const key = `${level} ${sentence}`;
      const last = seen.get(key);
      const now = nowMs();
      if (last !== undefined && now - last.writtenAtMs < windowMs) {
        last.suppressed += 1;
        return;
      }
      if (seen.size >= maxSentences) seen.clear();
      seen.set(key, { writtenAtMs: now, suppressed: 0 });
      const suppressed = last?.suppressed ?? 0;
      log[level](suppressed === 0 ? facts : { ...facts, suppressed }, sentence);
    };
  }
  return { debug: limited('debug'), info: limited('info'), warn: limited('warn'), error: limited('error') };
}

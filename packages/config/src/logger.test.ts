import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { rateLimitedLog } from './rate-limited-log.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ name: 'test', destination: { write: (line: string) => void lines.push(JSON.parse(line)) } });
  return { lines, log };
}

describe('createLogger', () => {
  it('writes level names, facts and a sentence', () => {
    const { lines, log } = capture();
    log.child({ runId: 'r1' }).warn({ durationMs: 5 }, 'step finished');
    log.debug({}, 'below the level');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', name: 'test', runId: 'r1', durationMs: 5, msg: 'step finished' });
  });

  it('lets no key, prompt or reply through', () => {
    const { lines, log } = capture();
    const secret = 'hunter2hunter2hunter2';
    const cause = Object.assign(new Error(`401 for Bearer ${secret}`), {
      request: { body: secret },
      headers: { a: secret },
      status: 401,
    });
    log.error({ err: new AppError('store-unavailable', `no answer from postgres://u:${secret}@db/x`, { cause }) }, 'failed');
    log.info({ apiKey: secret, request: { prompt: secret, headers: { authorization: secret } } }, `used sk-${secret}`);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]).toMatchObject({ err: { code: 'store-unavailable', retryable: false, cause: { status: 401 } } });
    expect(lines[1]).toMatchObject({ apiKey: '[redacted]', msg: 'used sk[redacted]' });
  });

  it('keeps the facts of an error that is a plain object', () => {
    const { lines, log } = capture();
    log.warn({ error: { name: 'Provider.Timeout', message: 'late', body: 'hunter2' } }, 'attempt failed');
    expect(lines[0]?.error).toEqual({ name: 'Provider.Timeout', message: 'late' });
  });
});

describe('rateLimitedLog', () => {
  it('writes a sentence once per window and counts the rest', () => {
    const { lines, log } = capture();
    let now = 0;
    const limited = rateLimitedLog(log, { windowMs: 100, nowMs: () => now });
    for (let count = 0; count < 5; count += 1) limited.error({ count }, 'no connection');
    limited.error({}, 'another sentence');
    limited.warn({}, 'no connection');
    now = 100;
    limited.error({ count: 9 }, 'no connection');
    expect(lines.map(({ level, msg, suppressed }) => ({ level, msg, suppressed }))).toEqual([
      { level: 'error', msg: 'no connection', suppressed: undefined },
      { level: 'error', msg: 'another sentence', suppressed: undefined },
      { level: 'warn', msg: 'no connection', suppressed: undefined },
      { level: 'error', msg: 'no connection', suppressed: 4 },
    ]);
  });
});

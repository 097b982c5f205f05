import { expect, it } from 'vitest';
import { createErrorReporter } from './error-reporter.ts';

function setUp() {
  const lines: { level: string; facts: object }[] = [];
  const write = (level: string) => (facts: object) => void lines.push({ level, facts });
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const state = { nowMs: 0 };
  return { lines, state, report: createErrorReporter(log, () => state.nowMs) };
}

it('writes one line per kind of error and interval, with the number left out', () => {
  const { lines, state, report } = setUp();
  for (let port = 0; port < 50; port += 1) report(new Error(`connect to 127.0.0.1:${50_000 + port} refused`), 'down');
  report(new Error('out of memory'), 'down');
  expect(lines).toHaveLength(2);
  state.nowMs = 10_000;
  report(new Error('connect to 127.0.0.1:1 refused'), 'down');
  expect(lines[2]).toEqual({ level: 'error', facts: { error: 'connect to 127.0.0.1:1 refused', suppressed: 49 } });
});

it('takes the code of the cause, and jobs the server forgot lightly', () => {
  const { lines, report } = setUp();
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  report(new Error('wrapped', { cause: refused }), 'down');
  report(new Error('Missing lock for job 1.2.3. moveToFinished'), 'down');
  report('text', 'down');
  expect(lines).toEqual([
    { level: 'error', facts: { error: 'ECONNREFUSED', code: 'ECONNREFUSED', suppressed: 0 } },
    { level: 'debug', facts: { error: 'Missing lock for job 1.2.3. moveToFinished', suppressed: 0 } },
    { level: 'error', facts: { error: 'text', suppressed: 0 } },
  ]);
});

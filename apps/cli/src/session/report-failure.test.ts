import { OrchestratorError } from '@orchestrator/client';
import { AppError } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { UsageError } from '../input/usage-error.ts';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { Interrupted } from './interrupted.ts';
import { reportFailure } from './report-failure.ts';

const resumeHint = 'The run goes on.';

function report(error: unknown, hint: string | null = resumeHint) {
  const fake = createFakeTerminal({ isQuiet: true });
  const exitCode = reportFailure({ error, terminal: fake.terminal, url: 'http://127.0.0.1:3000', resumeHint: hint });
  return { exitCode, said: fake.stderr(), data: fake.stdout() };
}

it.each<[string, unknown, number, RegExp]>([
  ['Ctrl-C', new Interrupted(), 130, /^The run goes on\.\n$/],
  ['wrong usage', new UsageError('No such file.'), 2, /^✗ No such file\.\n$/],
  ['a broken environment', new AppError('invalid-configuration', 'ORCHESTRATOR_URL must be a URL.'), 2, /ORCHESTRATOR_URL/],
  ['401', new OrchestratorError('no', { status: 401, code: 'forbidden', retryable: false }), 3, /^✗ no\n$/],
  ['403', new OrchestratorError('no', { status: 403, code: 'forbidden', retryable: false }), 3, /^✗ no\n$/],
  [
    'the time limit',
    new OrchestratorError('late', { code: 'timeout', retryable: true }),
    4,
    /^✗ The time of --timeout is over\.\nThe run goes on\.\n$/,
  ],
  [
    'no server',
    new OrchestratorError('refused', { code: 'network-error', retryable: true }),
    1,
    /Is the system running at http:\/\/127/,
  ],
  ['another server', new OrchestratorError('HTML', { code: 'invalid-response', retryable: false }), 1, /lead to the API/],
  [
    'a defect of the server',
    new OrchestratorError('odd', { status: 500, code: 'internal', retryable: false, requestId: 'r-1' }),
    1,
    /^✗ odd\nRequest id, for the log: r-1\n$/,
  ],
])('tells of %s', (_, error, exitCode, said) => {
  expect(report(error)).toEqual({ exitCode, said: expect.stringMatching(said), data: '' });
});

it('lists every broken rule, without what could harm a terminal', () => {
  const errors = [
    { pointer: '/steps/0', code: 'x', message: 'is \u001b[2Jodd' },
    { pointer: '', code: 'y', message: 'is wrong' },
  ];
  const problem = { detail: 'Two rules.', errors } as unknown as OrchestratorError['problem'];
  const { said } = report(new OrchestratorError('short', { status: 422, code: 'validation-failed', retryable: false, problem }));
  expect(said).toBe('✗ Two rules.\n  /steps/0  is odd\n  (request)  is wrong\n');
});

it('names the run that goes on after the time limit, where the error knows it', () => {
  const { said } = report(new OrchestratorError('late', { code: 'timeout', retryable: true, jobId: 'j-1' }), null);
  expect(said).toContain('orchestrator logs j-1 --follow\n');
});

it('does not hide defects of its own', () => {
  expect(() => report(new TypeError('x is undefined'))).toThrow(TypeError);
  expect(report(new Interrupted(), null).said).toBe('');
});

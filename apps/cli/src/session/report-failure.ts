import { OrchestratorError } from '@orchestrator/client';
import { AppError } from '@orchestrator/contracts';
import { UsageError } from '../input/usage-error.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { Interrupted } from './interrupted.ts';
import { resumeHintOf } from './resume-hint.ts';

export interface Failure {
  readonly error: unknown;
  readonly terminal: Terminal;
  readonly url: string;
  readonly resumeHint: string | null;
}

function exitCodeOf(error: OrchestratorError): ExitCode {
  if (error.status === 401 || error.status === 403) return exitCodes.auth;
  return error.code === 'timeout' ? exitCodes.timeout : exitCodes.failed;
}

/** What the person can do about it. */
function hintsOf(error: OrchestratorError, url: string): string[] {
  const hints: string[] = [];
  if (error.status === undefined && error.code === 'network-error') {
    hints.push(`Is the system running at ${url}? \`npm start\` starts it; --url or ORCHESTRATOR_URL names another address.`);
  }
  if (error.code === 'invalid-response')
    hints.push(`Does ${url} lead to the API? --url or ORCHESTRATOR_URL names another address.`);
  if (error.requestId !== undefined && (error.status ?? 0) >= 500) hints.push(`Request id, for the log: ${error.requestId}`);
  return hints;
}

/** Broken rules, one line each: the message of the error has the first ones only. */
function rulesOf(error: OrchestratorError): string[] {
  return error.errors.map(({ pointer, message }) => `  ${pointer === '' ? '(request)' : pointer}  ${message}`);
}

/** Tells why a command ended, and what to do about it. @returns the exit code */
export function reportFailure({ error, terminal, url, resumeHint }: Failure): ExitCode {
  const sign = terminal.notePaint.red('✗');
  if (error instanceof Interrupted) {
    if (resumeHint !== null) terminal.complain(resumeHint);
    return exitCodes.interrupted;
  }
  if (error instanceof UsageError) {
    terminal.complain(`${sign} ${error.message}`);
    return exitCodes.usage;
  }
  if (error instanceof OrchestratorError) {
    const title = error.code === 'timeout' ? 'The time of --timeout is over.' : (error.problem?.detail ?? error.message);
    const lines = [title, ...rulesOf(error), ...hintsOf(error, url)].map(toPrintable);
    terminal.complain(`${sign} ${lines.join('\n')}`);
    const hint = resumeHint ?? (error.jobId === undefined ? null : resumeHintOf(error.jobId));
    if (error.code === 'timeout' && hint !== null) terminal.complain(hint);
    return exitCodeOf(error);
  }
  if (error instanceof AppError && error.code === 'invalid-configuration') {
    terminal.complain(`${sign} ${error.message}`);
    return exitCodes.usage;
  }
  throw error;
}

import type { CallOptions, Client } from '@orchestrator/client';
import type { Terminal } from '../terminal/terminal.ts';
import type { ExitCode } from './exit-code.ts';

/** What every command has. */
export interface Session {
  readonly client: Client;
  /** Where the API is. */
  readonly url: string;
  readonly terminal: Terminal;
  /** Data as JSON. */
  readonly isJson: boolean;
  /** Signal of Ctrl-C and the time limit of `--timeout`, for every call. */
  readonly call: CallOptions;
  /** The same for calls that wait for a run: without `--timeout` as long as it takes. */
  readonly wait: CallOptions;
  /** What to do when the command ends before the run does; told after Ctrl-C and after the time limit. */
  resumeHint: string | null;
  /** Of a command that has done its work. */
  exitCode: ExitCode;
}

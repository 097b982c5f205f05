import { createClient } from '@orchestrator/client';
import { type Environment, readApiUrl } from '@orchestrator/config';
import type { Command } from 'commander';
import type { RunWith } from '../commands/command.ts';
import type { GlobalOptions } from '../program.ts';
import { createTerminal, type OutputStream, type Terminal } from '../terminal/terminal.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { Interrupted } from './interrupted.ts';
import { reportFailure } from './report-failure.ts';
import type { Session } from './session.ts';

/** A run may be followed for hours, across restarts of the API: with pauses of up to 30 s that is ten minutes without one. */
const maxRetries = 25;

export interface RunWithOptions {
  readonly environment: () => Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly onEnd: (exitCode: ExitCode) => void;
}

/** Aborts at the first Ctrl-C, so that the command can say what goes on, and ends at once at the second. */
function listenForInterrupts(): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Interrupted('interrupted'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

async function invoke(
  work: (session: Session) => Promise<void>,
  { environment, onEnd }: RunWithOptions,
  globals: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const interrupts = listenForInterrupts();
  let session: Session | null = null;
  let url = globals.url ?? '';
  try {
    url = globals.url ?? readApiUrl(environment());
    session = {
      client: createClient({ baseUrl: url, maxRetries }),
      url,
      terminal,
      isJson: globals.json === true,
      call: { signal: interrupts.signal, timeoutMs: globals.timeout },
      wait: { signal: interrupts.signal, timeoutMs: globals.timeout ?? Number.POSITIVE_INFINITY },
      resumeHint: null,
      exitCode: exitCodes.ok,
    };
    await work(session);
    onEnd(session.exitCode);
  } catch (error) {
    onEnd(reportFailure({ error, terminal, url, resumeHint: session?.resumeHint ?? null }));
  } finally {
    interrupts.dispose();
  }
}

/** Makes what turns the work of a command into an action of commander: with a session, and an exit code for every end. */
export function createRunWith(options: RunWithOptions): RunWith {
  return (work) =>
    async (...values) => {
      const command = values.at(-1) as unknown as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      const { stdout, stderr } = options;
      const terminal = createTerminal({ stdout, stderr, colours: globals.color, isQuiet: globals.quiet === true });
      await invoke((session) => work(session, ...values), options, globals, terminal);
    };
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rateLimitedLog } from '@orchestrator/config';
import { type ChildLine, severeLine } from './child-lines.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { type Exit, type ManagedProcess, startManagedProcess } from './managed-process.ts';
import type { Terminal } from './terminal.ts';

/** `EX_CONFIG` of sysexits.h: the child can't run with this configuration, so another start would not help. */
export const badConfigurationExitCode = 78;

/** Run from source, the supervisor runs its children from source too. */
const isSource = import.meta.filename.endsWith('.ts');
const nodeFlags = [
  '--disallow-code-generation-from-strings',
  ...(isSource ? ['--conditions=@orchestrator/source'] : ['--enable-source-maps']),
  '--import',
  new URL(isSource ? './parent-link.ts' : './parent-link.js', import.meta.url).href,
];

function entryOf(app: string): string {
  return fileURLToPath(new URL(`../../${app}/${isSource ? 'src/main.ts' : 'dist/main.js'}`, import.meta.url));
}

export interface PartOptions {
  /** What people read, e.g. `worker 1`; the log file is named after it. */
  readonly name: string;
  /** Folder under `apps/`. */
  readonly app: string;
  readonly logDirectory: string;
  readonly terminal: Terminal;
  readonly environment: () => NodeJS.ProcessEnv;
  /** What the child reported by an IPC message. */
  readonly onReport: (report: Readonly<Record<string, unknown>>) => void;
  /** Whether exit code 78 is final now. @defaultValue always */
  readonly isRefusal?: () => boolean;
  /** The child refuses to run with this configuration. */
  readonly onRefusal: (reason: string) => void;
  /** The child ended by itself and will be started again; `lastProblem` is what it said last, perhaps nothing. */
  readonly onCrash?: (lastProblem: string) => void;
}

export interface Part extends ManagedProcess {
  /** Ends the log file as well. */
  stop(graceMs: number): Promise<void>;
}

function exitText({ code, signal }: Exit): string {
  return signal === null ? `ended with code ${code ?? 'unknown'}` : `was killed by ${signal}`;
}

/** Starts the API or a worker and keeps it running; its lines go to its log file, warnings and errors to the terminal too. */
export function startPart(options: PartOptions): Part {
  const { name, terminal } = options;
  const file: LogFile = openLogFile(join(options.logDirectory, `${name.replaceAll(' ', '-')}.log`));
  const shown = rateLimitedLog(
    { debug: () => {}, info: () => {}, warn: () => {}, error: (_facts, sentence) => terminal.warning(name, sentence) },
    { windowMs: 5_000 },
  );
  let lastProblem = '';

  const onLine = (line: ChildLine): void => {
    file.write(line.text);
    const problem = severeLine(line);
    if (problem === null) return;
    lastProblem = problem;
    shown.error({}, problem);
  };

  const managed = startManagedProcess({
    args: [...nodeFlags, entryOf(options.app)],
    environment: options.environment,
    onLine,
    onMessage: (message) => {
      if (typeof message === 'object' && message !== null) options.onReport(message as Record<string, unknown>);
    },
    onCrash: (exit, restartInMs) => {
      if (exit.code === badConfigurationExitCode && (options.isRefusal?.() ?? true)) {
        options.onRefusal(lastProblem === '' ? `${name} refuses this configuration` : lastProblem);
        return false;
      }
      options.onCrash?.(lastProblem);
      terminal.warning(name, `${exitText(exit)}; starting it again in ${restartInMs / 1_000} s (log: ${file.path})`);
      return true;
    },
  });

  return {
    pid: managed.pid,
    restart: managed.restart,
    stop: async (graceMs) => {
      await managed.stop(graceMs);
      file.close();
    },
  };
}

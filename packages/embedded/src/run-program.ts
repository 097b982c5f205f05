import { spawn } from 'node:child_process';

/** The system user a program runs as; null means the user of this process. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * Runs a short-lived program in its own session (Ctrl-C in a terminal must not hit a half-done initdb) with a small fixed
 * environment: locale, `PG…` and secrets of ours must not reach the server.
 *
 * @throws the spawn error, e.g. ENOENT or EACCES.
 */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  options: { readonly user: SystemUser | null; readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<ProgramResult> {
  const child = spawn(program, programArguments, {
    cwd: options.cwd,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...options.env,
    },
    ...(options.user === null ? {} : { uid: options.user.uid, gid: options.user.gid }),
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8').trim() }));
  });
}

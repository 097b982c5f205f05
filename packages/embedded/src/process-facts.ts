import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the operating system says about a process id; used to recognise a process before trusting or signalling it. */
export interface ProcessFacts {
  /** Dead but not reaped by its parent: common where process 1 of a container reaps nothing. */
  readonly isZombie: boolean;
  /** Distinguishes two processes that got the same id one after the other. */
  readonly startedAt: string;
  /** File name of the program; null when it can't be known (another user's process, Windows). */
  readonly program: string | null;
  /** Null when it can't be known. */
  readonly workingDirectory: string | null;
}

/** @returns null when there is no such process. */
export async function inspectProcess(pid: number): Promise<ProcessFacts | null> {
  if (process.platform === 'linux') return inspectLinuxProcess(pid);
  if (process.platform === 'win32') {
    return isSignallable(pid) ? { isZombie: false, startedAt: 'unknown', program: null, workingDirectory: null } : null;
  }
  return inspectUnixProcess(pid);
}

/** True while the process can still do something, i.e. it exists and is no zombie. */
export async function isProcessAlive(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isSignallable(pid); // asked often, and ps is a process each time
  const facts = await inspectProcess(pid);
  return facts !== null && !facts.isZombie;
}

async function inspectLinuxProcess(pid: number): Promise<ProcessFacts | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  const isZombie = state === 'Z' || state === 'X';
  // An upgraded or deleted program or folder reads as "/path (deleted)".
  const link = async (name: string) =>
    (await readlink(`/proc/${pid}/${name}`).catch(() => null))?.replace(/ \(deleted\)$/, '') ?? null;
  const [executable, workingDirectory] = isZombie ? [null, null] : await Promise.all([link('exe'), link('cwd')]);
  return {
    isZombie,
    startedAt: fields[19] ?? 'unknown',
    program: executable === null ? null : basename(executable),
    workingDirectory,
  };
}

async function inspectUnixProcess(pid: number): Promise<ProcessFacts | null> {
  const ps = async (column: string) => (await run('ps', ['-o', `${column}=`, '-p', String(pid)])).stdout.trim();
  try {
    const [state, startedAt, program] = await Promise.all([ps('stat'), ps('lstart'), ps('comm')]);
    const files = await run('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn']).catch(() => null);
    const workingDirectory = /^n(.*)$/m.exec(files?.stdout ?? '')?.[1] ?? null;
    return { isZombie: state.startsWith('Z'), startedAt, program: basename(program), workingDirectory };
  } catch {
    return null; // ps exits with 1 when there is no such process
  }
}

function isSignallable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

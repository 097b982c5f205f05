import { execFile } from 'node:child_process';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { measureDiskSyncMs } from './disk.ts';

const run = promisify(execFile);

/** Above this one-minute load, other work on the machine disturbs the numbers. */
const quietLoad = 0.5;

/** Where the numbers come from; part of every report. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  readonly commit: string;
  readonly loadAtStart: number;
  /** See `measureDiskSyncMs`. */
  readonly diskSyncMs: number;
}

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args).catch(() => ({ stdout: '' }));
  return stdout.split('\n')[0]?.trim() || 'unknown';
}

export async function describeMachine(): Promise<Machine> {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    redis: /v=([\d.]+)/.exec(await firstLine('redis-server', ['--version']))?.[1] ?? 'unknown',
    commit: await firstLine('git', ['rev-parse', '--short', 'HEAD']),
    loadAtStart: loadAverage(),
    diskSyncMs: await measureDiskSyncMs(),
  };
}

/** Over the last minute, in busy processes. */
export function loadAverage(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

export function isQuiet(machine: Machine): boolean {
  return machine.loadAtStart < quietLoad;
}

import { readdirSync, readFileSync } from 'node:fs';

/** Unit of the times in /proc (`getconf CLK_TCK`): 100 a second on every Linux of today. */
const tickMs = 10;

interface Stat {
  readonly parentPid: number;
  /** Of the process itself, milliseconds. */
  readonly ownMs: number;
  /** Of its children that have ended, milliseconds. */
  readonly endedChildrenMs: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may contain anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (index: number) => Number(fields[index]) * tickMs;
    return { parentPid: Number(fields[1]), ownMs: ticks(11) + ticks(12), endedChildrenMs: ticks(13) + ticks(14) };
  } catch {
    return undefined; // it has ended, or this is no Linux
  }
}

/** CPU time used by a process so far, in milliseconds; 0 where /proc does not exist. */
export function cpuTimeMs(pid: number): number {
  return readStat(pid)?.ownMs ?? 0;
}

/** The same for a server with one process per connection, ended ones included. */
export function cpuTimeOfTreeMs(pid: number): number {
  const root = readStat(pid);
  if (root === undefined) return 0;
  let totalMs = root.ownMs + root.endedChildrenMs;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(Number(entry));
    if (stat?.parentPid === pid) totalMs += stat.ownMs;
  }
  return totalMs;
}

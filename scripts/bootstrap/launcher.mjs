import { readFileSync } from 'node:fs';

const pollMs = 500;

/** @param {number} pid @returns {{ name: string, parent: number } | undefined} */
function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const nameEnd = stat.lastIndexOf(')');
    return { name: stat.slice(stat.indexOf('(') + 1, nameEnd), parent: Number(stat.slice(nameEnd + 2).split(' ')[1]) };
  } catch {
    return undefined;
  }
}

/**
 * Calls back when the npm that runs us is gone (`kill` ends npm and its shell, not us): nobody could stop us from its terminal any more.
 * npm runs scripts through a shell that survives it, so the shell's parent is watched too. Linux only, and only under
 * npm: a system started directly may outlive the shell it was started from.
 * @param {() => void} onGone
 */
export function watchLauncher(onGone) {
  if (process.platform !== 'linux' || process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const shell = /^(ba|da|z|k|a)?sh$/.test(readProcess(parent)?.name ?? '') ? readProcess(parent) : undefined;
  const timer = setInterval(() => {
    const isGone = process.ppid !== parent || (shell !== undefined && readProcess(parent)?.parent !== shell.parent);
    if (!isGone) return;
    clearInterval(timer);
    onGone();
  }, pollMs);
  timer.unref();
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** supabase-js and the build need this; older ones only run this bootstrap. */
export const oldestNode = [22, 12];

/** @typedef {{ path: string, version: string, typeScriptFlags: string[] }} NodeChoice */

/** @param {string} version @param {number[]} other */
function isAtLeast(version, other) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other;
  return major > otherMajor || (major === otherMajor && minor >= otherMinor);
}

/**
 * Flags with which a Node runs TypeScript files, which newer ones do unasked.
 * @param {string} version
 */
export function typeScriptFlagsFor(version) {
  const isBuiltIn = version.startsWith('22.') ? isAtLeast(version, [22, 18]) : isAtLeast(version, [23, 6]);
  return isBuiltIn ? [] : ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
}

/**
 * The Node to run everything with: the one installed from npm, else the system's when it is new enough
 * (npm has no binary for some platforms).
 * @param {string} root
 * @returns {NodeChoice}
 */
export function chooseNode(root) {
  for (const name of ['bin/node', 'bin/node.exe']) {
    const path = join(root, 'node_modules/node', name);
    if (!existsSync(path)) continue;
    const answer = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (answer.status === 0)
      return { path, version: answer.stdout.trim(), typeScriptFlags: typeScriptFlagsFor(answer.stdout.trim()) };
  }
  const version = process.versions.node;
  if (isAtLeast(version, oldestNode)) return { path: process.execPath, version, typeScriptFlags: typeScriptFlagsFor(version) };
  throw Object.assign(
    new Error(
      `Node ${oldestNode.join('.')} or newer is needed: this is ${version}, and npm has no Node for ${process.platform}-${process.arch}.`,
    ),
    { isExpected: true },
  );
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root @returns {string[]} every package.json of the workspace, relative to its root */
function manifests(root) {
  const found = ['package.json'];
  for (const group of ['apps', 'packages']) {
    if (!existsSync(join(root, group))) continue;
    for (const name of readdirSync(join(root, group))) {
      const file = join(group, name, 'package.json');
      if (existsSync(join(root, file))) found.push(file);
    }
  }
  return found.sort();
}

/**
 * Names what `pnpm install` would produce: another value means that node_modules is out of date.
 * @param {string} root
 * @param {{ platform: string, nodeMajor: string }} [machine]
 */
export function installStamp(
  root,
  machine = { platform: `${process.platform}-${process.arch}`, nodeMajor: process.versions.node.split('.')[0] ?? '' },
) {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests(root)]) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.update(`${machine.platform}\0${machine.nodeMajor}`).digest('hex');
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './install-lock.mjs';
import { npmCommand, pnpmPackage } from './npm.mjs';
import { runQuietly } from './run.mjs';
import { installStamp } from './stamp.mjs';

/** @param {string} root @param {string} stamp */
function isCurrent(root, stamp) {
  const file = join(root, 'node_modules/.install-stamp');
  return existsSync(file) && readFileSync(file, 'utf8') === stamp;
}

/**
 * Makes node_modules match the lockfile, once per change of it.
 * @param {{ root: string, progress: import('./progress.mjs').Progress }} options
 */
export async function ensureInstalled({ root, progress }) {
  if (isCurrent(root, installStamp(root))) return;
  await withLock(join(root, '.cache/install.lock'), {
    onWait: (pid) => progress.note(`Waiting for process ${pid}, which is installing.`),
    work: async () => {
      const stamp = installStamp(root);
      if (isCurrent(root, stamp)) return;
      const npm = npmCommand();
      await runQuietly(
        {
          title: existsSync(join(root, 'node_modules')) ? 'Updating dependencies' : 'Installing dependencies (first start only)',
          command: npm.command,
          args: [
            ...npm.args,
            'exec',
            '--yes',
            `--package=${pnpmPackage}`,
            '--',
            'pnpm',
            'install',
            '--frozen-lockfile',
            '--reporter=append-only',
          ],
          // Without CI, pnpm may ask before it replaces a node_modules of another origin.
          env: { CI: 'true' },
        },
        { root, progress },
      );
      mkdirSync(join(root, 'node_modules'), { recursive: true });
      writeFileSync(join(root, 'node_modules/.install-stamp'), stamp);
    },
  });
}

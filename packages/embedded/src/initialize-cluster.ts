import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@orchestrator/contracts';
import type { Binaries } from './binaries.ts';
import { type ClusterPaths, clusterPaths } from './cluster-paths.ts';
import type { EmbeddedPostgresLog } from './log.ts';
import { runProgram, type SystemUser } from './run-program.ts';
import { includeSettingsFile } from './server-settings.ts';

/** No OS locale is involved: sorting and case rules are the same on every machine and never change under an index. */
const initdbArguments = [
  '--username=postgres',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--no-instructions',
];

export interface InitializeRequest {
  readonly paths: ClusterPaths;
  readonly binaries: Binaries;
  readonly user: SystemUser | null;
  /** False skips flushing the new cluster to disk; for tests. */
  readonly isDurable: boolean;
  readonly log: EmbeddedPostgresLog;
}

/**
 * Makes the cluster unless it is there. It is built under another name and renamed when complete, so an interrupted build
 * is never mistaken for a cluster. Call it under the start lock.
 *
 * @throws AppError `invalid-configuration` when the cluster there is of another major version.
 * @throws AppError `store-unavailable` when initdb fails; the message ends with its last line.
 */
export async function ensureCluster(request: InitializeRequest): Promise<void> {
  await removeInterruptedBuilds(request.paths);
  const existing = await readFile(join(request.paths.data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (existing === null) return initializeCluster(request);
  const version = Number.parseInt(existing, 10);
  if (version !== request.binaries.majorVersion) {
    const message = `The data in ${request.paths.data} is of Postgres ${version}, the installed one is ${request.binaries.majorVersion}: upgrade it with pg_upgrade, or move it away.`;
    throw new AppError('invalid-configuration', message);
  }
}

async function initializeCluster({ paths, binaries, user, isDurable, log }: InitializeRequest): Promise<void> {
  const startedAt = performance.now();
  const build = await mkdtemp(`${paths.root}.new-`);
  const built = clusterPaths(paths.dataDir, build);
  if (user !== null) await chown(build, user.uid, user.gid);

  const passwordFile = built.passwordFile;
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true });
  if (user !== null) await chown(passwordFile, user.uid, user.gid);

  const programArguments = [
    ...initdbArguments,
    ...(isDurable ? [] : ['--no-sync']),
    `--pwfile=${passwordFile}`,
    `--pgdata=${built.data}`,
  ];
  const result = await runProgram(binaries.initdb, programArguments, { user, cwd: build });
  if (result.exitCode !== 0) {
    await rm(build, { recursive: true, force: true });
    throw new AppError('store-unavailable', `initdb failed: ${result.output.split('\n').at(-1)}`, {
      details: { output: result.output },
    });
  }
  await includeSettingsFile(built.data);
  await mkdir(built.holders, { mode: 0o700 });
  await chmod(build, 0o700);
  await rename(build, paths.root);
  if (isDurable) await flushFolder(dirname(paths.root));
  log.info({ root: paths.root, durationMs: Math.round(performance.now() - startedAt) }, 'created the embedded Postgres cluster');
}

/** Under the start lock a build that exists is one whose maker died; its initdb may still be writing for a moment. */
async function removeInterruptedBuilds(paths: ClusterPaths): Promise<void> {
  const parent = dirname(paths.root);
  const names = (await readdir(parent)).filter((name) => name.startsWith(`${basename(paths.root)}.new-`));
  for (const name of names) await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
}

/** Without it a power cut could undo the rename, and the next start would take the cluster for an interrupted build. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

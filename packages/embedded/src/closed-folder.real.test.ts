import { chmod, cp, lstat, mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';
import { locateBinaries, relocateBinaries } from './binaries.ts';
import { startEmbeddedPostgres } from './index.ts';
import { executableBinaries } from './readable-place.ts';
import { runProgram } from './run-program.ts';
import { serverUser } from './system-user.ts';
import { leftovers, query } from './testing/observe.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const garbage: string[] = [];
afterEach(async () => {
  for (const path of garbage.splice(0)) await rm(path, { recursive: true, force: true });
});

/** Only root runs the server as another user, so only root meets folders that this user can't enter. */
describe('as root, in a folder that only root can enter', () => {
  beforeEach(({ skip }) => skip(process.getuid?.() !== 0, 'needs root'));

  async function closedFolder(): Promise<string> {
    const folder = join(await makeScratchFolder('closed'), 'closed');
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  it('keeps the data elsewhere, finds it again, and begins empty when the folder was deleted', async () => {
    const dataDir = join(await closedFolder(), '.data');
    const start = () => startEmbeddedPostgres({ dataDir, log: silent, extraSettings: { fsync: 'off' } });
    const first = await start();
    const link = join(dataDir, 'postgres');
    const firstRoot = await realpath(link);
    garbage.push(firstRoot);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    await query(first.url, 'create table kept as select 1 as id');
    await first.stop();

    const second = await start();
    expect(await query(second.url, 'table kept')).toEqual([{ id: 1 }]);
    await second.stop();
    expect(await leftovers(dataDir)).toEqual([]);

    await rm(dataDir, { recursive: true });
    const third = await start();
    garbage.push(await realpath(link));
    expect(await query(third.url, `select from pg_tables where tablename = 'kept'`)).toEqual([]);
    await third.stop();

    await rm(await realpath(link), { recursive: true });
    await expect(start()).rejects.toMatchObject({ code: 'invalid-configuration', message: expect.stringContaining(link) });
  });

  it('says so when data that already is there became unreachable', async () => {
    const parent = await closedFolder();
    await chmod(parent, 0o755);
    const dataDir = join(parent, '.data');
    const first = await startEmbeddedPostgres({ dataDir, log: silent, extraSettings: { fsync: 'off' } });
    await first.stop();
    await chmod(parent, 0o700);
    await expect(startEmbeddedPostgres({ dataDir, log: silent })).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: expect.stringContaining(dataDir),
    });
  });

  it('runs a copy of the programs', async () => {
    const installed = await locateBinaries();
    const folder = join(await closedFolder(), 'native');
    await cp(installed.directory, folder, { recursive: true, verbatimSymlinks: true });
    const user = await serverUser(silent);
    const closed = { ...relocateBinaries(installed, folder), build: `test-${process.pid}` };
    const copy = await executableBinaries(closed, user, silent);
    garbage.push(copy.directory);
    expect(copy.directory).not.toBe(folder);
    expect(dirname(copy.initdb)).toBe(copy.binDirectory);
    expect(await runProgram(copy.initdb, ['--version'], { user, cwd: '/' })).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(copy.directory, 'lib', 'libicui18n.so.60'))).toBeInstanceOf(Buffer);
    expect(await executableBinaries(closed, user, silent)).toEqual(copy);
  });
});

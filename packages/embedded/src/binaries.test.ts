import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { locateBinaries, recreateLibraryLinks } from './binaries.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

it('finds the programs of this platform', async () => {
  const binaries = await locateBinaries();
  expect(binaries.majorVersion).toBe(18);
  expect((await readFile(binaries.initdb)).length).toBeGreaterThan(10_000);
});

it('recreates library links that a blocked install script did not make, and leaves existing ones', async () => {
  const root = await mkdtemp(join(tmpdir(), 'links-'));
  folders.push(root);
  await mkdir(join(root, 'native', 'lib'), { recursive: true });
  await writeFile(join(root, 'native', 'lib', 'libx.so.60.2'), 'library');
  await writeFile(join(root, 'native', 'lib', 'liby.so'), 'a file of its own');
  const links = [
    { source: 'native/lib/libx.so.60.2', target: 'native/lib/libx.so.60' },
    { source: 'native/lib/libx.so.60.2', target: 'native/lib/liby.so' },
  ];
  await writeFile(join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  await recreateLibraryLinks(root);
  await recreateLibraryLinks(root);
  expect(await readFile(join(root, 'native', 'lib', 'libx.so.60'), 'utf8')).toBe('library');
  expect(await readFile(join(root, 'native', 'lib', 'liby.so'), 'utf8')).toBe('a file of its own');
});

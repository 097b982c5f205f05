import { appendFile, chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPaths } from './cluster-paths.ts';

const settingsFile = 'orchestrator.conf';

/** A socket path longer than about 107 bytes (103 on macOS) keeps Postgres from starting; TCP serves us as well. */
const maxSocketPathLength = 90;

/** Server settings by name, as in `postgresql.conf`. */
export type ServerSettings = Readonly<Record<string, string | number>>;

/** Makes a new cluster read our file; what an operator writes below it in `postgresql.conf` wins. */
export async function includeSettingsFile(data: string): Promise<void> {
  await appendFile(join(data, 'postgresql.conf'), `\ninclude_if_exists = '${settingsFile}'\n`, { flush: true });
}

/** Written before each start, so that an upgrade of ours reaches existing clusters. */
export async function writeSettings(paths: ClusterPaths, port: number, extra: ServerSettings): Promise<void> {
  const settings: ServerSettings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDirectory(paths),
    unix_socket_permissions: '0700',
    max_connections: 200,
    shared_buffers: '128MB',
    max_wal_size: '512MB',
    fsync: 'on',
    synchronous_commit: 'on',
    // Plans made on empty tables stay bad until ANALYZE; the default of one minute is a long time after a first start.
    autovacuum_naptime: '5s',
    // Parallel plans need more of /dev/shm than the 64 MB a container gets, and win nothing on short queries.
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // The default adds failing rows to the log, i.e. prompts and replies.
    log_error_verbosity: 'terse',
    ...extra,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`);
  const path = join(paths.data, settingsFile);
  await writeFile(`${path}.new`, lines.join(''));
  await chmod(`${path}.new`, 0o644); // root writes it, the server's user reads it, whatever the umask
  await rename(`${path}.new`, path);
}

function socketDirectory(paths: ClusterPaths): string {
  const isUsable = process.platform !== 'win32' && !paths.root.includes(',') && !paths.root.includes('"');
  return isUsable && Buffer.byteLength(join(paths.root, '.s.PGSQL.65535')) < maxSocketPathLength ? paths.root : '';
}

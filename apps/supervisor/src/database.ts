import { join } from 'node:path';
import type { Config, Logger } from '@orchestrator/config';
import { migrate } from '@orchestrator/store';
import { embeddedParts } from './connections.ts';
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts';
import type { Terminal } from './terminal.ts';

export interface DatabaseOptions {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly log: Logger;
  /** The embedded server had to be started again, at another address. */
  readonly onMoved: () => void;
}

/** Starts the embedded Postgres where the configuration leaves something to it. */
export async function startServer(options: DatabaseOptions): Promise<EmbeddedServer | null> {
  const { config, terminal, log } = options;
  const parts = embeddedParts(config);
  if (!parts.store && !parts.queue) return null;
  return await terminal.step(
    'Postgres',
    () =>
      startEmbeddedServer({
        dataDir: join(config.dataDir, 'postgres'),
        log,
        onCrash: () => terminal.warning('Postgres', 'ended by itself; starting it again'),
        onRestart: (isMoved) => {
          terminal.warning('Postgres', 'runs again');
          if (isMoved) options.onMoved();
        },
      }),
    ({ adopted }) => (adopted ? 'Postgres (was still running)' : 'Postgres'),
  );
}

/** Brings the schema up to date wherever a Postgres URL leads to it; over Supabase's HTTP API nobody can. */
export async function migrateStore(options: DatabaseOptions, embeddedUrl: string | null): Promise<void> {
  const { config, terminal, log } = options;
  const url = config.store === null ? embeddedUrl : config.store.type === 'postgres' ? config.store.url : null;
  if (url === null) return;
  await terminal.step(
    'Database schema',
    () => migrate({ url, log }),
    ({ applied }) => (applied.length === 0 ? 'Database schema (current)' : `Database schema (${applied.length} migrations)`),
  );
}

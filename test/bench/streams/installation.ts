import type { BenchDatabase, Servers } from '../durable/servers.ts';
import { type Child, startChild } from '../processes/child.ts';
import { entryOf } from '../processes/entry-of.ts';

export const backends = ['redis', 'postgres'] as const;
export type Backend = (typeof backends)[number];

/** One API and one worker, with a database of their own, and a vendor on this machine. */
export interface Installation {
  readonly backend: Backend;
  readonly url: string;
  readonly api: Child;
  readonly worker: Child;
  readonly database: BenchDatabase;
}

export interface StartOptions {
  readonly servers: Servers;
  readonly fromSource: boolean;
  readonly upstreamUrl: string;
  /** Additional options of Node for both. */
  readonly flags?: readonly string[];
  /** Told of each process at once, so that all can be ended. */
  readonly onStarted: (child: Child) => void;
}

export async function startInstallation(backend: Backend, options: StartOptions): Promise<Installation> {
  const { servers, fromSource, upstreamUrl, onStarted } = options;
  const database = await servers.createDatabase(`streams_${backend}`);
  const redis = backend === 'redis' ? await servers.startRedis() : undefined;
  const env = {
    SUPABASE_DB_URL: database.url,
    ...(redis !== undefined && { REDIS_URL: redis.url }),
    OPENAI_API_KEY: 'sk-benchmark',
    OPENAI_BASE_URL: upstreamUrl,
  };
  const flags = ['--disallow-code-generation-from-strings', ...(options.flags ?? [])];
  const start = async (app: 'api' | 'worker', own: Readonly<Record<string, string>>) => {
    const child = await startChild({
      name: `${app}-${backend}`,
      entry: entryOf(app, fromSource),
      env: { ...env, ...own },
      flags,
    });
    onStarted(child);
    return child;
  };
  const worker = await start('worker', {});
  const api = await start('api', { PORT: '0' });
  return { backend, url: String(api.ready.url), api, worker, database };
}

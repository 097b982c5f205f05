import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@orchestrator/config';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@orchestrator/embedded';

const retryMs = 1_000;

export interface EmbeddedServer {
  readonly url: () => string;
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  readonly dataDir: string;
  readonly log: Logger;
  readonly onCrash: () => void;
  /** It runs again; `isMoved`: at another address. */
  readonly onRestart: (isMoved: boolean) => void;
}

/** Starts the embedded Postgres and starts it again whenever it ends by itself. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { dataDir, log } = options;
  let server = await startEmbeddedPostgres({ dataDir, log });
  const { adopted } = server;
  let isStopping = false;

  async function recover(): Promise<void> {
    options.onCrash();
    while (!isStopping) {
      try {
        const previousUrl = server.url;
        server = await startEmbeddedPostgres({ dataDir, log });
        if (isStopping) return await server.stop();
        watch(server);
        return options.onRestart(server.url !== previousUrl);
      } catch (error) {
        log.error({ err: error }, 'the embedded Postgres did not start again');
        await wait(retryMs);
      }
    }
  }

  function watch(current: EmbeddedPostgres): void {
    void current.exited.then(async () => {
      if (!isStopping) await recover();
    });
  }

  watch(server);
  return {
    url: () => server.url,
    adopted,
    stop: async () => {
      isStopping = true;
      await server.stop();
    },
  };
}

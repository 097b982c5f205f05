import { freePort } from '../../support/free-port.ts';
import { type NodeProcess, spawnNode } from '../../support/processes.ts';
import { endAtExit } from './end-at-exit.ts';

/** An API process that keeps its address over restarts. */
export interface ApiProcess {
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
}

export async function startApi(env: Readonly<Record<string, string>>): Promise<ApiProcess> {
  let port = 0;
  let child: NodeProcess;
  const launch = async () => {
    const started = endAtExit(spawnNode({ entry: 'apps/api/src/main.ts', env: { ...env, PORT: String(port) } }));
    try {
      // The log line and not only the port: another process could have taken the port meanwhile.
      await started.waitForLog((entry) => entry.msg === 'API listening');
      await started.waitForHttp(`http://127.0.0.1:${port}/livez`);
    } catch (error) {
      await started.kill('SIGKILL');
      throw error;
    }
    return started;
  };
  const launchOnFreePort = async (attemptsLeft: number): Promise<NodeProcess> => {
    port = await freePort();
    return launch().catch((error: Error) => {
      if (attemptsLeft > 0 && /in use|taken|EADDRINUSE/.test(error.message)) return launchOnFreePort(attemptsLeft - 1);
      throw error;
    });
  };
  child = await launchOnFreePort(3);
  return {
    url: `http://127.0.0.1:${port}`,
    kill: async () => {
      await child.kill('SIGKILL');
    },
    start: async () => {
      child = await launch();
    },
  };
}

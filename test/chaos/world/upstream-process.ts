import { spawnNode } from '../../support/processes.ts';
import type { LedgerEntry } from '../../support/upstream/ledger.ts';
import type { ScriptInput } from '../../support/upstream/script.ts';
import { endAtExit } from './end-at-exit.ts';

/** The scripted vendor in a process of its own: it outlives every fault and keeps the books. */
export interface UpstreamProcess {
  /** For OPENAI_BASE_URL. */
  readonly baseUrl: string;
  setScript(script: ScriptInput): Promise<void>;
  ledger(): Promise<readonly LedgerEntry[]>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function startUpstreamProcess(): Promise<UpstreamProcess> {
  const child = endAtExit(spawnNode({ entry: 'test/support/upstream/main.ts', programArguments: ['--port', '0'] }));
  const { port } = JSON.parse(await child.waitForLine(/^\{"port":\d+\}$/)) as { port: number };
  const control = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${port}/__control/${path}`, init);
    if (!answer.ok) throw new Error(`the upstream answered ${answer.status} to ${path}`);
    return answer.json();
  };
  return {
    baseUrl: `http://127.0.0.1:${port}/p/openai/v1`,
    setScript: async (script) => {
      await control('script', { method: 'POST', body: JSON.stringify(script) });
    },
    ledger: async () => (await control('ledger')) as readonly LedgerEntry[],
    reset: async () => {
      await control('reset', { method: 'POST' });
    },
    stop: async () => {
      await child.kill('SIGKILL');
    },
  };
}

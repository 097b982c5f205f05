import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { spawnNode } from '../support/processes.ts';

/** What a developer's `.env` may say and these systems must not: an empty value counts as not set. */
const nothingElse = {
  SUPABASE_DB_URL: '',
  SUPABASE_URL: '',
  SUPABASE_SERVICE_ROLE_KEY: '',
  REDIS_URL: '',
  QUEUE_DATABASE_URL: '',
  OPENAI_API_KEY: '',
  ANTHROPIC_API_KEY: '',
  GEMINI_API_KEY: '',
  GROQ_API_KEY: '',
  PERPLEXITY_API_KEY: '',
  MISTRAL_API_KEY: '',
  TOGETHER_API_KEY: '',
  COHERE_API_KEY: '',
  OPENROUTER_API_KEY: '',
  DEEPINFRA_API_KEY: '',
  ORCHESTRATOR_CUSTOM_PROVIDERS: '',
  ORCHESTRATOR_DEFAULT_PROVIDER: '',
  ORCHESTRATOR_MODEL_ALIASES: '',
  ORCHESTRATOR_WORKERS: '',
  HOST: '',
};

export interface DocumentedSystem {
  readonly url: string;
  /** What the documentation says, and what it is in this system. */
  readonly replacements: Readonly<Record<string, string>>;
  /** Connection string of the embedded database. */
  databaseUrl(): string;
  stop(): Promise<void>;
}

/** Where a part serves its metrics, as its log tells. */
async function metricsOriginOf(dataDir: string, part: string): Promise<string> {
  const file = join(dataDir, 'logs', `${part}.log`);
  const find = () => /"url":"([^"]+)\/metrics"/.exec(readFileSync(file, 'utf8'))?.[1];
  return await vi.waitUntil(find, { timeout: 20_000, interval: 50 });
}

/** What `npm start` starts, from source, with its data in `dataDir` instead of `.data`. */
export async function startSystem(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<DocumentedSystem> {
  const port = await freePort();
  const system = spawnNode({
    entry: 'apps/supervisor/src/main.ts',
    env: { ...nothingElse, DATA_DIR: dataDir, PORT: String(port), ORCHESTRATOR_METRICS_PORT: '0', ...env },
  });
  const line = await system.waitForLine(/^Ready: /, 60_000);
  const url = line.slice('Ready: '.length);
  const [apiMetrics, workerMetrics] = await Promise.all(['api', 'worker-1'].map((part) => metricsOriginOf(dataDir, part)));
  return {
    url,
    replacements: {
      'http://127.0.0.1:3000': url,
      'http://127.0.0.1:9464': apiMetrics ?? '',
      'http://127.0.0.1:9465': workerMetrics ?? '',
      '.data/': `${dataDir}/`,
    },
    databaseUrl() {
      const file = (name: string) => readFileSync(join(dataDir, 'postgres/postgres', name), 'utf8').trim();
      return `postgresql://postgres:${file('postgres.password')}@127.0.0.1:${file('postgres.port')}/orchestrator`;
    },
    async stop() {
      await system.kill('SIGINT');
    },
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** What `npm start` starts, from source, with its data in `dataDir` instead of `.data`. */
export async function startSystem(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<DocumentedSystem> {
  const port = await freePort();
  const system = spawnNode({
    entry: 'apps/supervisor/src/main.ts',
    env: { ...nothingElse, DATA_DIR: dataDir, PORT: String(port), ...env },
  });
  const line = await system.waitForLine(/^Ready: /, 60_000);
  const url = line.slice('Ready: '.length);
  return {
    url,
    replacements: { 'http://127.0.0.1:3000': url, '.data/': `${dataDir}/` },
    databaseUrl() {
      const file = (name: string) => readFileSync(join(dataDir, 'postgres/postgres', name), 'utf8').trim();
      return `postgresql://postgres:${file('postgres.password')}@127.0.0.1:${file('postgres.port')}/orchestrator`;
    },
    async stop() {
      await system.kill('SIGINT');
    },
  };
}

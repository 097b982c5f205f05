import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { failOnLeakedProcesses, spawnNode } from '../support/processes.ts';

failOnLeakedProcesses();

const invalidConfiguration = 78;
const api = 'apps/api/src/main.ts';
const worker = 'apps/worker/src/main.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
});
afterAll(() => database?.drop());

async function refusal(entry: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawnNode({ entry, env: { SUPABASE_DB_URL: database.url, ...env } });
  await child.expectExit({ exitCode: invalidConfiguration });
  expect(child.lines).toHaveLength(1);
  return child.lines[0] ?? '';
}

describe('a process refuses to start, in one clear line,', () => {
  it.concurrent.each(['0.0.0.0', '127.0.0.1.example.com'])('on host %s', async (host) => {
    const line = await refusal(api, { HOST: host, PORT: '0' });
    expect(line).toMatch(/^Invalid configuration: HOST must be a loopback address .*no authentication/);
    expect(line).toContain(JSON.stringify(host));
  });

  it.concurrent('under the supervisor too', async () => {
    const line = await refusal('apps/supervisor/src/main.ts', { HOST: '0.0.0.0' });
    expect(line).toMatch(/HOST must be a loopback address/);
  });

  it.concurrent('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await refusal(api, { PORT: String(port) })).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`));
    server.close();
  });

  it.concurrent('with settings that it does not understand, and repeats no secret', async () => {
    const secret = 'hunter2hunter2';
    const env = {
      PORT: '99999',
      ORCHESTRATOR_WORKER: '3',
      REDIS_URL: `http://:${secret}@x`,
      QUEUE_DATABASE_URL: `mysql://${secret}`,
    };
    for (const entry of [api, worker]) {
      const line = await refusal(entry, env);
      for (const name of Object.keys(env)) expect(line).toContain(name);
      expect(line).not.toContain(secret);
    }
  });

  it.concurrent('with settings of webhooks that make no sense', async () => {
    for (const entry of [api, worker]) {
      const line = await refusal(entry, { ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS: 'localhost, 10.0.0.0/33' });
      expect(line).toBe(
        'Invalid configuration: the allowed private host "10.0.0.0/33" is no name, address, host:port or CIDR range.',
      );
      expect(await refusal(entry, { ORCHESTRATOR_SECRET_KEY: 'hunter2' })).toMatch(
        /ORCHESTRATOR_SECRET_KEY must be 32 random bytes in base64/,
      );
    }
  });

  it.concurrent('with routing settings that make no sense', async () => {
    const secret = 'hunter2hunter2';
    const env = {
      ORCHESTRATOR_PROVIDER_PRIORITY: 'openai,opnai',
      ORCHESTRATOR_PROVIDER_WEIGHTS: 'groq=much',
      ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: 'cheap',
      OPENAI_REQUESTS_PER_MINUTE: '0',
      ORCHESTRATOR_CUSTOM_PROVIDERS: JSON.stringify([{ name: 'own', baseUrl: 'ftp://own', apiKey: secret, models: [] }]),
    };
    for (const entry of [api, worker]) {
      const line = await refusal(entry, env);
      for (const name of Object.keys(env)) expect(line).toContain(name);
      expect(line).toContain('did you mean openai?');
      expect(line).toContain('ORCHESTRATOR_CUSTOM_PROVIDERS[0].baseUrl: must be an http or https URL');
      expect(line).not.toContain(secret);
      expect(await refusal(entry, { ORCHESTRATOR_DEFAULT_PROVIDER: 'opnai' })).toMatch(/Did you mean "openai"\?/);
    }
  });
});

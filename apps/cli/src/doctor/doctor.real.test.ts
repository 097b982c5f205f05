import { describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/support/free-port.ts';
import { createTestDatabase } from '../../../../test/support/postgres.ts';
import { failOnLeakedProcesses, spawnNode } from '../../../../test/support/processes.ts';
import { redisAvailable, redisCommand, startRedis } from '../../../../test/support/redis.ts';

failOnLeakedProcesses();

const nothingConfigured = {
  SUPABASE_DB_URL: '',
  SUPABASE_URL: '',
  SUPABASE_SERVICE_ROLE_KEY: '',
  REDIS_URL: '',
  QUEUE_DATABASE_URL: '',
  OPENAI_API_KEY: '',
};

function doctor(env: Readonly<Record<string, string>>, ...programArguments: string[]) {
  return spawnNode({ entry: 'apps/cli/src/main.ts', programArguments, env: { ...nothingConfigured, ...env } });
}

describe('orchestrator doctor', () => {
  it('passes with a database that answers, and says what it looked at', async () => {
    const database = await createTestDatabase({ migrated: true });
    const run = doctor({ SUPABASE_DB_URL: database.url, OPENAI_API_KEY: 'sk-canary-1234567890' }, 'doctor');
    await run.expectExit({ exitCode: 0 });
    const output = run.lines.join('\n');
    expect(output).toContain('✓ configuration');
    expect(output).toContain('✓ database: answers.');
    expect(output).toContain('✓ queue: answers (postgres).');
    expect(output).toContain('✓ model openai/');
    expect(output).not.toContain('canary');
  });

  it('fails with the fix when something does not answer', async () => {
    const run = doctor({ SUPABASE_DB_URL: `postgres://postgres@127.0.0.1:${await freePort()}/none` }, 'doctor', '--json');
    await run.expectExit({ exitCode: 1 });
    const { findings } = JSON.parse(run.lines.join('\n')) as { findings: { level: string; subject: string; fix?: string }[] };
    const problems = findings.filter(({ level }) => level === 'problem');
    expect(problems.map(({ subject }) => subject)).toEqual(['database', 'queue']);
    expect(problems[0]?.fix).toContain('SUPABASE_DB_URL');
  });

  it.runIf(redisAvailable())('says how to mend a Redis that evicts keys, and is content with one that does not', async () => {
    const redis = await startRedis();
    const queueOf = async () => {
      const run = doctor({ REDIS_URL: redis.url }, 'doctor', '--json');
      await run.exited;
      const { findings } = JSON.parse(run.lines.join('\n')) as {
        findings: { level: string; subject: string; text: string; fix?: string }[];
      };
      return findings.find(({ subject }) => subject === 'queue');
    };
    expect(await queueOf()).toMatchObject({ level: 'ok', text: 'answers (redis), and never evicts keys.' });
    expect(await redisCommand(redis.port, 'CONFIG SET maxmemory-policy allkeys-lru')).toMatch(/^\+OK/);
    expect(await queueOf()).toMatchObject({
      level: 'problem',
      text: expect.stringContaining('allkeys-lru'),
      fix: expect.stringContaining('config set maxmemory-policy noeviction'),
    });
    await redis.dispose();
  });

  it('names broken variables, and answers wrong usage with 2', async () => {
    const broken = doctor({ ORCHESTRATOR_WORKERS: 'many' }, 'doctor');
    await broken.expectExit({ exitCode: 1 });
    expect(broken.lines.join('\n')).toContain('ORCHESTRATOR_WORKERS');
    await doctor({}, 'doctor', '--unknown').expectExit({ exitCode: 2 });
    await doctor({}, 'cure').expectExit({ exitCode: 2 });
  });
});

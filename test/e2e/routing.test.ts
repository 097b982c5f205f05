import type { GenerateResponse, Problem, ProviderView } from '@orchestrator/contracts';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { issuesOf } from './support/client.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';

failOnLeakedProcesses();

const path = '/api/ai/generate';
const fallbacks = [{ provider: 'anthropic' }];
const status = (code: number) => ({ type: 'status' as const, status: code });

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({
    keysOf: 'all',
    script: {
      rules: [
        { promptIncludes: '[[down', provider: 'openai', fault: status(503) },
        { promptIncludes: '[[all-down', fault: status(503) },
      ],
    },
  });
});
afterAll(() => installation?.dispose());

const post = (body: object) => installation.api.post(path, body);

async function query({ databaseUrl }: Installation, sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return await client.query(sql, [...values]);
  } finally {
    await client.end();
  }
}

describe('a failing provider', () => {
  it('is replaced within one run, and the audit log says so', async () => {
    const answer = await post({ prompt: '[[down-1]] Hi', provider: 'openai', fallbacks, maxTokens: 50, explain: true });
    expect(answer.status).toBe(200);
    const body = answer.body as GenerateResponse;
    expect(body).toMatchObject({
      success: true,
      provider: 'anthropic',
      finishReason: 'stop',
      routing: {
        strategy: 'specified',
        chosen: { provider: 'anthropic' },
        attempts: [
          { provider: 'openai', outcome: 'failed', error: { name: expect.stringMatching(/^Provider\./) }, costUSD: 0 },
          { provider: 'anthropic', outcome: 'succeeded' },
        ],
      },
    });
    expect(callsOf(installation.upstream, 'down-1').map(({ provider }) => provider)).toEqual(['openai', 'anthropic']);

    const job = await installation.api.job(body.requestId);
    expect(job.steps).toHaveLength(1);
    expect(job.steps[0]?.attempts).toMatchObject([{ attempt: 1 }, { attempt: 2, isFallback: true }]);

    const { rows } = await query(
      installation,
      `select provider, fallback_used, routing_decision from public.ai_audit_log
       where run_id = $1 and routing_decision is not null order by "timestamp", fallback_used`,
      [body.requestId],
    );
    expect(rows).toMatchObject([
      { provider: 'openai', fallback_used: false, routing_decision: { provider: 'openai', candidates: expect.any(Array) } },
      { provider: 'anthropic', fallback_used: true, routing_decision: { provider: 'anthropic', rejected: expect.any(Array) } },
    ]);
  });

  it('is explained when nobody answers', async () => {
    const answer = await post({ prompt: '[[all-down-1]] Hi', provider: 'openai', fallbacks, maxTokens: 50, explain: true });
    expect(answer.status).toBe(502);
    const { routing } = answer.body as Problem;
    expect(answer.body).toMatchObject({ code: 'run-failed', retryable: true });
    expect(routing?.attempts.length).toBe(callsOf(installation.upstream, 'all-down-1').length);
    expect(routing?.attempts.length).toBeLessThanOrEqual(3);
    expect(new Set(routing?.attempts.map(({ provider }) => provider))).toEqual(new Set(['openai', 'anthropic']));
  });
});

describe('requests that cannot be served', () => {
  it('are refused before a run is made', async () => {
    const unknown = await post({ prompt: 'Hi', provider: 'opnai', fallbacks: [{ provider: 'antropic' }] });
    expect(unknown.status).toBe(422);
    expect(issuesOf(unknown)).toEqual(['/fallbacks/0/provider unknown-provider', '/provider unknown-provider']);
    expect((unknown.body as Problem).errors?.[0]?.message).toContain('"openai"');

    const model = await post({ prompt: 'Hi', model: 'gpt-4o-mimi' });
    expect([model.status, ...issuesOf(model)]).toEqual([422, '/model unknown-model']);

    const keyless = await post({ prompt: 'Hi', provider: 'groq' });
    expect(keyless.status).toBe(503);
    expect(keyless.body).toMatchObject({ code: 'no-provider', retryable: false });
    expect((keyless.body as Problem).errors).toContainEqual(
      expect.objectContaining({ provider: 'groq', code: 'not-configured', message: expect.stringContaining('GROQ_API_KEY') }),
    );

    const incapable = await post({ prompt: 'Hi', requires: ['online-search'] });
    expect(incapable.status).toBe(422);
    const reasons = (incapable.body as Problem).errors?.map(({ provider, code }) => `${provider} ${code}`);
    expect(reasons).toEqual(expect.arrayContaining(['openai missing-capability', 'anthropic missing-capability']));

    const long = await post({ prompt: 'Hi', provider: 'openai', model: 'gpt-4o-mini', maxTokens: 1_000_000 });
    expect(long.status).toBe(422);
    expect(issuesOf(long)).toContain('/maxTokens max-tokens');
    expect((await installation.api.get('/api/workflows/runs?userId=nobody')).body).toMatchObject({ total: 0 });
  });
});

describe('the catalogue', () => {
  it('prices a request at all ten providers', async () => {
    const answer = await installation.api.post('/api/ai/estimate', { prompt: 'Explain quantum computing', maxTokens: 500 });
    expect(answer.status).toBe(200);
    const body = answer.body as { cheapest: string; selected: string; estimates: { provider: string; canServe: boolean }[] };
    expect(body.estimates).toHaveLength(10);
    expect(body.estimates.filter(({ canServe }) => canServe).map(({ provider }) => provider)).toEqual(['openai', 'anthropic']);
    expect(body.selected).toBe(body.cheapest);
    const done = await post({ prompt: 'Explain quantum computing', maxTokens: 500 });
    expect(done.body).toMatchObject({ provider: body.selected });
  });

  it('lists the ten providers and their models', async () => {
    const providers = (await installation.api.get('/api/ai/providers')).body as {
      total: number;
      active: number;
      providers: ProviderView[];
    };
    expect(providers).toMatchObject({ total: 10, active: 2 });
    expect(providers.providers).toHaveLength(10);
    const models = (await installation.api.get('/api/ai/models?provider=openai')).body as {
      total: number;
      models: { model: string; isDefault: boolean }[];
    };
    expect(models.models.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    expect(models.total).toBeGreaterThan(1);
  });

  it('tells whether the configured providers answer', async () => {
    const answer = await installation.api.get('/api/ai/health');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      overall: 'healthy',
      providers: { openai: { status: 'healthy' }, anthropic: { status: 'healthy' } },
      routing: { activeProviders: 2, routingStrategy: 'cheapest', providers: ['openai', 'anthropic'] },
    });
  });
});

it('shows the circuit that a failing model opened in a worker', async () => {
  const fault = { promptIncludes: '[[trip', provider: 'openai', fault: status(503) };
  const other = await startInstallation({ script: { rules: [fault] }, keysOf: 'all' });
  try {
    for (let call = 0; call < 6; call += 1) {
      const answer = await other.api.post(path, { prompt: '[[trip]] Hi', provider: 'openai', fallbacks, maxTokens: 20 });
      expect(answer.body).toMatchObject({ success: true, provider: 'anthropic' });
    }
    // Five failures in a row open it, so that the sixth request goes to the other provider without a call.
    expect(callsOf(other.upstream, 'trip').filter(({ provider }) => provider === 'openai')).toHaveLength(5);
    const openCircuit = { overall: 'degraded', providers: { openai: { circuits: { 'gpt-6-luna': 'open' } } } };
    await expect.poll(async () => (await other.api.get('/api/ai/health')).body, { timeout: 20_000 }).toMatchObject(openCircuit);
    expect((await other.api.get('/readyz')).status).toBe(200);
  } finally {
    await other.dispose();
  }
});

it('calls an endpoint of one’s own, within its limits', async () => {
  const own = await startInstallation({ script: {} });
  const models = [{ model: 'own-1', inputPer1M: 0, outputPer1M: 0, capabilities: ['text'] }];
  const custom = [{ name: 'my-own', baseUrl: own.upstream.baseUrl('my-own', 'https://own.invalid/v1'), models }];
  const other = await startInstallation({
    env: { ORCHESTRATOR_CUSTOM_PROVIDERS: JSON.stringify(custom), MY_OWN_REQUESTS_PER_MINUTE: '2' },
    workers: 2,
  });
  try {
    const list = (await other.api.get('/api/ai/providers')).body;
    expect(list).toMatchObject({ total: 10, active: 0, custom: [{ name: 'my-own', isConfigured: true, defaultModel: 'own-1' }] });
    const request = { prompt: '[[own]] Hi', provider: 'my-own', maxTokens: 20 };
    for (let call = 0; call < 2; call += 1) {
      expect((await other.api.post(path, request)).body).toMatchObject({ success: true, provider: 'my-own', costUSD: 0 });
    }
    // Two a minute for both workers together: the third waits, and no call is made meanwhile.
    const third = await other.api.post(path, request, { prefer: 'wait=2' });
    expect([202, 429]).toContain(third.status);
    expect(callsOf(own.upstream, 'own')).toHaveLength(2);
  } finally {
    await other.dispose();
    await own.dispose();
  }
});

it('finishes a call at an endpoint whose only slot a killed worker held', async () => {
  const fault = { promptIncludes: '[[slot', times: 1, fault: { type: 'hang' as const, at: 'before-headers' as const } };
  const other = await startInstallation({
    script: { rules: [fault] },
    customProviders: ['my-own'],
    workers: 2,
    env: { MY_OWN_MAX_CONCURRENT: '1', ORCHESTRATOR_LEASE_MS: '1000' },
  });
  try {
    const jobId = await other.api.submitGenerate({ prompt: '[[slot]] Hi', provider: 'my-own', maxTokens: 20 });
    await callInFlight(other.upstream, 'slot');
    const { rows } = await query(other, 'select lease_owner from public.ai_workflow_runs where id = $1', [jobId]);
    const holder = other.workers.find(({ pid }) => String(rows[0]?.lease_owner).includes(`.${pid}.`));
    await holder?.kill();
    expect(await other.api.finished(jobId, 50_000)).toMatchObject({ status: 'completed' });
    expect(callsOf(other.upstream, 'slot')).toHaveLength(2);
  } finally {
    await other.dispose();
  }
});

import { createClient, type Fetch } from '@orchestrator/client';
import type { LiveEvent } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { failOnLeakedProcesses, type NodeProcess, spawnNode } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const drip = { type: 'slow-drip', chunkBytes: 120, intervalMs: 15 } as const;
const content = 'A long answer that comes in many small pieces. '.repeat(12);
const call = (marker: string, fields: object = {}) => ({
  prompt: `[[${marker}]] Say something.`,
  maxTokens: 200,
  provider: 'openai',
  model: 'gpt-4o-mini',
  ...fields,
});

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({
    workers: 2,
    keysOf: 'all',
    script: {
      rules: [
        { promptIncludes: '[[cut', times: 1, fault: { type: 'cut', at: 'in-body' } },
        { promptIncludes: '[[slow', latencyMs: 1_500 },
        { promptIncludes: '[[refused]]', fault: { type: 'status', status: 400 } },
        { promptIncludes: '[[drip', fault: drip, content },
      ],
    },
    env: { ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: '0.0003' },
  });
});
afterAll(() => installation?.dispose());

const clientOf = (options: { readonly fetch?: Fetch; readonly baseUrl?: string } = {}) =>
  createClient({ baseUrl: installation.api.url, retryDelayMs: 100, ...options });

/** One more API, which a test may kill and start again at the same address. */
function startApiAt(port: number): NodeProcess {
  return spawnNode({ entry: 'apps/api/src/main.ts', env: { PORT: String(port), SUPABASE_DB_URL: installation.databaseUrl } });
}

const idsOf = (events: readonly LiveEvent[]) => events.map(({ epoch, seq }) => `${epoch}-${seq}`);

describe('generate', () => {
  it('answers with the result, however long the server waits', async () => {
    const quick = await clientOf().generate(call('plain'));
    expect(quick).toMatchObject({ success: true, provider: 'openai', model: 'gpt-4o-mini' });
    expect(quick.content).toMatch(/^\[\[plain\]\] Scripted answer/);
    const slow = await clientOf().generate(call('slow-1'), { headers: { Prefer: 'respond-async' } });
    expect(slow.content).toMatch(/^\[\[slow-1\]\]/);
    expect(callsOf(installation.upstream, 'slow-1')).toHaveLength(1);
  });

  it('makes one run, though the answer is lost and the request sent again', async () => {
    let answers = 0;
    const lossy: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      answers += 1;
      if (answers === 1) throw new TypeError('terminated');
      return response;
    };
    const answer = await clientOf({ fetch: lossy }).generate(call('lossy'));
    expect(answers).toBe(2);
    expect(callsOf(installation.upstream, 'lossy')).toHaveLength(1);
    expect((await installation.api.job(answer.requestId)).result).toEqual(answer);
  });

  it('rejects with the error of the run, and with what the server refuses', async () => {
    await expect(clientOf().generate(call('refused'))).rejects.toMatchObject({
      status: 422,
      code: 'run-failed',
      retryable: false,
      jobId: expect.any(String),
      runError: { name: 'Provider.InvalidRequest' },
    });
    await expect(clientOf().generate({ prompt: 'Hi', provider: 'opnai' })).rejects.toMatchObject({
      status: 422,
      code: 'validation-failed',
      errors: [{ pointer: '/provider', code: 'unknown-provider' }],
    });
  });

  it('waits for an approval that somebody else gives', async () => {
    const client = clientOf();
    const answer = client.generate(call('dear', { maxTokens: 1_000 }));
    const [approval] = await (async () => {
      for (;;) {
        const pending = [];
        for await (const each of client.approvals.list({ status: 'pending' })) pending.push(each);
        if (pending.length > 0) return pending;
      }
    })();
    expect(approval).toMatchObject({ status: 'pending', model: 'gpt-4o-mini' });
    await client.approvals.approve(approval?.id ?? '', { decidedBy: 'Ada' });
    expect((await answer).content).toMatch(/^\[\[dear\]\]/);
    expect(await client.approvals.get(approval?.id ?? '')).toMatchObject({ status: 'approved', decidedBy: 'Ada' });
    await expect(client.approvals.reject(approval?.id ?? '')).rejects.toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('stream', () => {
  it('gives text that adds up to the result', async () => {
    const answer = clientOf().stream(call('drip-1'));
    let text = '';
    for await (const piece of answer.text()) text += piece;
    const result = await answer.result();
    expect(text).toBe(result.content);
    expect(result.content).toBe(content);
    expect((await clientOf().runs.get(await answer.jobId)).result).toEqual(result);
  });

  it('goes on when the API is killed and started again, without a gap and without repeating', { timeout: 120_000 }, async () => {
    const port = await freePort();
    let api = startApiAt(port);
    const baseUrl = `http://127.0.0.1:${port}`;
    await api.waitForHttp(`${baseUrl}/readyz`);
    const answer = clientOf({ baseUrl }).stream(call('drip-kill'));
    const seen: LiveEvent[] = [];
    let kills = 0;
    for await (const event of answer) {
      seen.push(event);
      if (event.type !== 'token' || kills === 2 || seen.length < 8 * (kills + 1)) continue;
      kills += 1;
      await api.kill('SIGKILL');
      api = startApiAt(port);
      await api.waitForHttp(`${baseUrl}/readyz`);
    }
    await api.kill();
    expect(kills).toBe(2);
    const stored = [];
    for await (const event of clientOf().runs.stream(await answer.jobId)) stored.push(event);
    expect(idsOf(seen)).toEqual(idsOf(stored));
    expect(seen.at(-1)).toMatchObject({ type: 'run-completed', result: { content } });
    expect(callsOf(installation.upstream, 'drip-kill')).toHaveLength(1);
  });

  it('tells the reader of its text when a call broke off and is made again', async () => {
    const answer = clientOf().stream(call('cut-1'));
    let text = '';
    let restarts = 0;
    const onRestart = () => {
      text = '';
      restarts += 1;
    };
    for await (const piece of answer.text({ onRestart })) text += piece;
    expect(restarts).toBe(1);
    expect(text).toBe((await answer.result()).content);
  });

  it('is taken up again by another process from the last event', async () => {
    const first = clientOf().stream(call('drip-resume'));
    const seen: LiveEvent[] = [];
    for await (const event of first) {
      seen.push(event);
      if (seen.length === 9) break;
    }
    const second = clientOf().runs.stream(await first.jobId, { lastEventId: first.lastEventId ?? '' });
    for await (const event of second) seen.push(event);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    expect(await second.result()).toMatchObject({ content });
  });
});

describe('runs', () => {
  it('are waited for beyond a time limit, by the id in its error or by the same key', async () => {
    const client = clientOf();
    const request = { workflow: workflow([ask('a', 'slow-2'), ask('b', 'slow-3')]), input: { topic: 'x' } };
    const idempotencyKey = 'client-e2e-1';
    const error = await client.runs.createAndWait(request, { timeoutMs: 1_000, idempotencyKey }).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'OrchestratorError', code: 'timeout', jobId: expect.any(String) });
    const [job, again] = await Promise.all([
      client.runs.wait(error.jobId),
      client.runs.createAndWait(request, { idempotencyKey }),
    ]);
    expect(job).toMatchObject({ status: 'completed', input: { topic: 'x' }, jobId: error.jobId });
    expect(again).toMatchObject({ status: 'completed', runId: error.jobId, output: job.output });
    expect(callsOf(installation.upstream, 'slow-2')).toHaveLength(1);
  });

  it('that fail are an answer', async () => {
    const answer = await clientOf().runs.createAndWait({ workflow: workflow([ask('a', 'refused')]) });
    expect(answer).toMatchObject({ success: false, status: 'failed', error: { name: 'Provider.InvalidRequest' } });
    expect(await clientOf().runs.stream(answer.runId).result()).toEqual(answer);
  });

  it('are cancelled', async () => {
    const client = clientOf();
    const { runId } = await client.runs.create({ workflow: workflow([ask('a', 'slow-4')]) });
    await callInFlight(installation.upstream, 'slow-4');
    await client.runs.cancel(runId);
    expect(await client.runs.wait(runId)).toMatchObject({ status: 'cancelled', cancelRequested: true });
    await expect(client.runs.get('01a209c7-12bd-7326-9be5-dd8342ded80e')).rejects.toMatchObject({
      status: 404,
      code: 'not-found',
    });
  });
});

describe('workflows, models, providers', () => {
  it('are saved, checked and listed', async () => {
    const client = clientOf();
    const definition = workflow([{ id: 'a', action: 'noop' }], { name: 'from-client' });
    const saved = await client.workflows.create({ definition });
    expect(saved).toMatchObject({ outcome: 'created', name: 'from-client', version: 1 });
    expect((await client.workflows.create({ definition })).outcome).toBe('unchanged');
    expect(await client.workflows.list({ limit: 1 })).toMatchObject({ total: 1, workflows: [{ workflowId: saved.workflowId }] });
    expect(await client.workflows.validate(definition)).toEqual({ valid: true, warnings: [] });
    await expect(client.workflows.validate({ name: 'x', steps: [{ id: 'a', action: 'nope' }] })).rejects.toMatchObject({
      code: 'validation-failed',
      errors: [{ pointer: '/workflow/steps/0/action' }],
    });
    expect(await client.runs.createAndWait({ workflowId: saved.workflowId })).toMatchObject({ status: 'completed' });
  });

  it('have what the server says of them', async () => {
    const client = clientOf();
    expect((await client.providers.list()).providers.map(({ name }) => name)).toContain('openai');
    const { models } = await client.models.list({ provider: 'openai', capability: 'vision' });
    expect(models.every(({ provider, capabilities }) => provider === 'openai' && capabilities.includes('vision'))).toBe(true);
    expect(await client.estimate(call('estimate'))).toMatchObject({ selected: 'openai', requiresApproval: false });
    expect((await client.health()).routing.activeProviders).toBeGreaterThan(0);
  });
});

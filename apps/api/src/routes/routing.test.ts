import type { AttemptRecord, RoutingDecision } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { fakeProvider, fakeRouter } from '../testing/providers.ts';
import { completed, generateStep, issuesOf, startApi } from '../testing/start-api.ts';

const path = '/api/ai/generate';
const registry = [
  fakeProvider('acme'),
  fakeProvider('big-corp', { inputPer1M: 10, outputPer1M: 20, capabilities: ['text', 'vision'], typicalLatencyMs: 300 }),
  fakeProvider('keyless', { inputPer1M: 0.1, outputPer1M: 0.1, maxOutputTokens: 50_000, capabilities: ['text', 'functions'] }),
];
const keys = ['acme', 'big-corp'];
const start = () => startApi({ router: fakeRouter(registry, keys) });

describe('names', () => {
  it('are refused when unknown, with near matches, beside other broken rules', async () => {
    await using test = await start();
    const answer = await test.post(path, {
      prompt: 'Hi',
      provider: 'acmee',
      maxTokens: 'many',
      fallbacks: [{ provider: 'acme' }, { provider: 'bigcorp' }],
    });
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body)).toEqual([
      '/fallbacks/1/provider unknown-provider',
      '/maxTokens wrong-type',
      '/provider unknown-provider',
    ]);
    const messages = answer.body.errors.map(({ message }) => message).join(' ');
    expect(messages).toContain('Did you mean "acme"?');
    expect(messages).toContain('Did you mean "big-corp"?');
    expect(test.store.calls).toEqual([]);
  });

  it('of models are refused when no catalogue has them and no provider is named', async () => {
    await using test = await start();
    const answer = await test.post(path, { prompt: 'Hi', model: 'acme-modell' });
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body)).toEqual(['/model unknown-model']);
    expect(answer.body.errors[0]?.message).toContain('acme-model');
    test.finishRuns(completed);
    expect((await test.post(path, { prompt: 'Hi', provider: 'acme', model: 'acme-tuned' })).status).toBe(200);
  });

  it('in workflows are checked where they are submitted', async () => {
    await using test = await startApi();
    const workflow = { name: 'w', steps: [{ id: 'a', action: 'generate', provider: 'opnai', input: { prompt: 'Hi' } }] };
    for (const [route, body] of [
      ['/api/workflows/validate', { workflow }],
      ['/api/workflows/run', { workflow }],
      ['/api/workflows/create', { definition: workflow }],
    ] as const) {
      const answer = await test.post(route, body);
      expect(answer.status, route).toBe(422);
      const pointer = route.endsWith('create') ? '/definition/steps/0/provider' : '/workflow/steps/0/provider';
      expect(issuesOf(answer.body).map((issue) => issue.split(' ')[0])).toEqual([pointer]);
      expect(answer.body.errors[0]?.message).toContain('did you mean openai?');
    }
    expect(test.store.calls).toEqual([]);
  });
});

describe('requests that nobody can serve', () => {
  it('answer 503 when the provider has no key, without asking for patience', async () => {
    await using test = await start();
    const answer = await test.post(path, { prompt: 'Hi', provider: 'keyless' });
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'no-provider', retryable: false, title: 'No provider can serve the request' });
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(answer.body.errors).toContainEqual(
      expect.objectContaining({ pointer: '/provider', code: 'not-configured', provider: 'keyless' }),
    );
    expect(test.store.calls).toEqual([]);
  });

  it('answer 422 with the reason of each provider when none is capable', async () => {
    await using test = await start();
    const answer = await test.post(path, { prompt: 'Hi', requires: ['functions'] });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'validation-failed' });
    const reasons = answer.body.errors.map(({ provider, code }) => `${provider} ${code}`);
    expect(reasons).toEqual(expect.arrayContaining(['acme missing-capability', 'big-corp missing-capability']));
  });

  it('answer 422 when the named model can write no such long answer', async () => {
    await using test = await start();
    const answer = await test.post(path, { prompt: 'Hi', provider: 'acme', maxTokens: 20_000 });
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body)).toContain('/maxTokens max-tokens');
  });

  it('are left to the workers by an API without any key', async () => {
    await using test = await startApi({ router: fakeRouter(registry, []) });
    test.finishRuns(completed);
    expect((await test.post(path, { prompt: 'Hi', provider: 'keyless' })).status).toBe(200);
    expect((await test.post(path, { prompt: 'Hi', provider: 'nobody' })).status).toBe(422);
  });
});

it('takes every field of a model request and keeps it for the worker', async () => {
  await using test = await start();
  test.finishRuns(completed);
  const request = {
    systemPrompt: 'Be brief.',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', url: 'https://example.com/a.png' },
        ],
      },
      { role: 'assistant', content: 'A cat.' },
      { role: 'user', content: 'Sure?' },
    ],
    responseFormat: { type: 'text' },
    reasoningEffort: 'low',
    stop: ['END'],
    seed: 7,
    topP: 0.5,
    requires: ['vision'],
    routing: 'fastest',
    fallbacks: [{ provider: 'big-corp' }],
    explain: true,
  };
  const answer = await test.post(path, { ...request, userId: 'u', maxCostUSD: 1 });
  expect(answer.status).toBe(200);
  expect(test.store.accepted[0]?.input).toEqual(request);
  const neither = await test.post(path, { systemPrompt: 'Hi' });
  expect(issuesOf(neither.body)).toEqual(['/prompt required']);
  const broken = await test.post(path, {
    prompt: 'Hi',
    routing: 'dearest',
    messages: [{ role: 'user', content: [{ type: 'image' }] }],
  });
  expect(broken.status).toBe(422);
  expect(issuesOf(broken.body)).toEqual(expect.arrayContaining(['/routing not-allowed']));
});

describe('the answer', () => {
  const decision: RoutingDecision = {
    strategy: 'cheapest',
    provider: 'big-corp',
    model: 'big-corp-model',
    reason: 'acme came to nothing (Provider.Overloaded); this is the next in order.',
    candidates: [{ provider: 'big-corp', model: 'big-corp-model', expectedCostUSD: 0.01, latencyMs: 300 }],
    rejected: [{ provider: 'acme', code: 'failed-before', reason: 'acme failed before.' }],
  };
  const overloaded = { name: 'Provider.Overloaded', message: 'busy', retryable: true } as const;
  const attempts: AttemptRecord[] = [
    {
      attempt: 1,
      outcome: 'failed',
      latencyMs: 10,
      provider: 'acme',
      model: 'acme-model',
      costNanoUsd: 0,
      costBasis: 'none',
      error: overloaded,
    },
    {
      attempt: 2,
      outcome: 'succeeded',
      latencyMs: 20,
      provider: 'big-corp',
      model: 'big-corp-model',
      costNanoUsd: 1_000,
      costBasis: 'catalogue',
      finishReason: 'tool-calls',
      warnings: ['seed was left out'],
      isFallback: true,
      toolCalls: [{ id: '1', name: 'look', arguments: '{}' }],
      citations: [{ url: 'https://example.com' }],
      reasoning: 'Let me see.',
      routing: decision,
    },
  ];
  const routing = {
    strategy: 'cheapest',
    chosen: { provider: 'big-corp', model: 'big-corp-model', reason: decision.reason },
    candidates: decision.candidates,
    rejected: decision.rejected,
    attempts: [
      { provider: 'acme', model: 'acme-model', outcome: 'failed', error: overloaded, latencyMs: 10, costUSD: 0 },
      { provider: 'big-corp', model: 'big-corp-model', outcome: 'succeeded', latencyMs: 20, costUSD: 0.000001 },
    ],
  };

  it('tells what the model did besides writing, and on demand how it was chosen', async () => {
    await using test = await start();
    test.finishRuns({ ...completed, steps: [generateStep({ attempts })] });
    const answer = await test.post(path, { prompt: 'Hi', explain: true });
    expect(answer.body).toMatchObject({
      finishReason: 'tool-calls',
      warnings: ['seed was left out'],
      toolCalls: [{ id: '1', name: 'look', arguments: '{}' }],
      citations: [{ url: 'https://example.com' }],
      reasoning: 'Let me see.',
      routing,
    });
    expect((await test.post(path, { prompt: 'Hi' })).body).not.toHaveProperty('routing');
    const job = await test.get(`/api/jobs/${answer.body.requestId}`);
    expect(job.body).toMatchObject({ steps: [{ attempts: [{ attempt: 1 }, { isFallback: true }] }], result: { routing } });
  });

  it('explains failures too', async () => {
    await using test = await start();
    const steps = [
      generateStep({
        status: 'failed',
        error: overloaded,
        attempts: attempts.slice(0, 1).map((each) => ({ ...each, routing: decision })),
      }),
    ];
    test.finishRuns({ status: 'failed', error: overloaded, steps });
    const answer = await test.post(path, { prompt: 'Hi', explain: true });
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ code: 'run-failed', routing: { attempts: [{ error: overloaded }] } });
    expect((await test.post(path, { prompt: 'Hi' })).body).not.toHaveProperty('routing');
  });
});

describe('POST /api/ai/estimate', () => {
  it('prices a request at every provider side by side', async () => {
    await using test = await start();
    const answer = await test.post('/api/ai/estimate', { prompt: 'Hi', maxTokens: 100, userId: 'u' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      cheapest: 'acme',
      fastest: 'big-corp',
      selected: 'acme',
      requiresApproval: false,
      thresholdUSD: 1,
      estimates: [
        { provider: 'acme', model: 'acme-model', canServe: true, latencyMs: 1_000 },
        { provider: 'big-corp', canServe: true, latencyMs: 300 },
        { provider: 'keyless', canServe: false, code: 'not-configured' },
      ],
    });
    const [acme] = answer.body.estimates as { estimatedCostUSD: number; inputTokenCost: number; outputTokenCost: number }[];
    expect(acme?.outputTokenCost).toBeCloseTo(0.0002, 9);
    expect(acme?.estimatedCostUSD).toBeCloseTo((acme?.inputTokenCost ?? 0) + 0.0002, 9);
    expect(test.store.calls).toEqual([]);
  });

  it('says when a request would wait for approval', async () => {
    const dear = fakeProvider('dear', { outputPer1M: 1_000_000 });
    await using test = await startApi({ router: fakeRouter([dear], ['dear']) });
    const answer = await test.post('/api/ai/estimate', { prompt: 'Hi', maxTokens: 100 });
    expect(answer.body).toMatchObject({ requiresApproval: true, selected: 'dear', cheapest: 'dear' });
    test.finishRuns(completed);
    await test.post(path, { prompt: 'Hi', maxTokens: 100 });
    // The run outlives the approval it will need.
    expect(test.store.accepted[0]?.timeoutMs).toBe(86_400_000 + 300_000);
  });

  it('refuses what generate refuses', async () => {
    await using test = await start();
    const answer = await test.post('/api/ai/estimate', { provider: 'nobody' });
    expect(issuesOf(answer.body)).toEqual(['/prompt required', '/provider unknown-provider']);
  });
});

describe('the catalogue', () => {
  it('lists providers in the documented shape, custom ones apart', async () => {
    await using test = await startApi({ router: fakeRouter(registry, keys), customProviderIds: new Set(['keyless']) });
    const answer = await test.get('/api/ai/providers');
    expect(answer.body).toEqual({
      total: 2,
      active: 2,
      providers: [
        {
          name: 'acme',
          displayName: 'ACME',
          isConfigured: true,
          defaultModel: 'acme-model',
          capabilities: ['text', 'streaming'],
          estimatedCost: { inputPerMToken: 1, outputPerMToken: 2 },
        },
        expect.objectContaining({ name: 'big-corp' }),
      ],
      custom: [expect.objectContaining({ name: 'keyless', isConfigured: false })],
    });
  });

  it('lists the real ten', async () => {
    await using test = await startApi();
    const answer = await test.get('/api/ai/providers');
    expect(answer.body).toMatchObject({ total: 10, active: 0 });
    expect(answer.body).not.toHaveProperty('custom');
    expect(JSON.stringify(answer.body)).toContain('"name":"openai"');
  });

  it('lists models, by provider and capability', async () => {
    const retired = fakeProvider('old', { retiresOn: '2020-01-01', cachedInputPer1M: 0.5 });
    await using test = await startApi({ router: fakeRouter([...registry, retired], keys) });
    expect((await test.get('/api/ai/models')).body.total).toBe(4);
    const one = await test.get('/api/ai/models?provider=old');
    expect(one.body).toEqual({
      total: 1,
      models: [
        {
          provider: 'old',
          model: 'old-model',
          isDefault: true,
          isConfigured: false,
          capabilities: ['text', 'streaming'],
          contextTokens: 100_000,
          maxOutputTokens: 10_000,
          prices: { inputPer1M: 1, outputPer1M: 2, cachedInputPer1M: 0.5 },
          typicalLatencyMs: 1_000,
          state: 'retired',
          retiresOn: '2020-01-01',
          sourceUrl: 'https://old.example/prices',
          checkedOn: '2026-11-23',
        },
      ],
    });
    const seeing = await test.get('/api/ai/models?capability=vision');
    expect(seeing.body.models).toMatchObject([{ provider: 'big-corp', state: 'available' }]);
    expect((await test.get('/api/ai/models?capability=flying')).status).toBe(422);
    expect((await test.get('/api/ai/models?provider=nobody')).body).toEqual({ total: 0, models: [] });
  });

  it('tells the health of providers, and stays 200 and ready whatever it is', async () => {
    const sick = [fakeProvider('acme'), fakeProvider('sick', {}, { status: 'unhealthy' })];
    await using test = await startApi({ router: fakeRouter(sick, ['acme', 'sick']) });
    const answer = await test.get('/api/ai/health');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      overall: 'degraded',
      providers: { acme: { status: 'healthy', latencyMs: 5 }, sick: { status: 'unhealthy', latencyMs: 5 } },
      routing: { activeProviders: 2, routingStrategy: 'cheapest', providers: ['acme', 'sick'] },
    });
    expect((await test.get('/readyz')).status).toBe(200);
  });
});

import { expect, it } from 'vitest';
import { createClient } from '../create-client.ts';
import { collect } from '../testing/collect.ts';
import { jobId } from '../testing/events.ts';
import { json, startScriptedServer } from '../testing/scripted-server.ts';

type Client = ReturnType<typeof createClient>;

it.each<[string, (client: Client) => Promise<unknown>, unknown]>([
  ['POST /api/ai/estimate', (client) => client.estimate({ prompt: 'Hello' }), { prompt: 'Hello' }],
  ['GET /api/ai/providers', (client) => client.providers.list(), undefined],
  [
    'GET /api/ai/models?provider=a&capability=vision',
    (client) => client.models.list({ provider: 'a', capability: 'vision' }),
    undefined,
  ],
  ['GET /api/ai/health', (client) => client.health(), undefined],
  ['POST /api/workflows/run', (client) => client.runs.create({ workflowId: 'w', input: 1 }), { workflowId: 'w', input: 1 }],
  ['GET /api/jobs/j', (client) => client.runs.get('j'), undefined],
  ['POST /api/jobs/j/cancel', (client) => client.runs.cancel('j'), undefined],
  ['POST /api/workflows/create', (client) => client.workflows.create({ definition: { a: 1 } }), { definition: { a: 1 } }],
  ['GET /api/workflows/w', (client) => client.workflows.get('w'), undefined],
  ['GET /api/workflows/list?limit=7', (client) => client.workflows.list({ limit: 7 }), undefined],
  ['POST /api/workflows/validate', (client) => client.workflows.validate({ name: 'w' }), { workflow: { name: 'w' } }],
  ['GET /api/approvals/a', (client) => client.approvals.get('a'), undefined],
  ['POST /api/approvals/a/approve', (client) => client.approvals.approve('a'), {}],
  ['POST /api/approvals/a/reject', (client) => client.approvals.reject('a', { note: 'no' }), { note: 'no' }],
  ['POST /api/webhooks', (client) => client.webhooks.create({ url: 'https://a.example' }), { url: 'https://a.example' }],
  ['GET /api/webhooks/h', (client) => client.webhooks.get('h'), undefined],
  ['PATCH /api/webhooks/h', (client) => client.webhooks.update('h', { description: null }), { description: null }],
  ['DELETE /api/webhooks/h', (client) => client.webhooks.delete('h'), undefined],
  ['POST /api/webhooks/h/rotate-secret', (client) => client.webhooks.rotateSecret('h'), undefined],
  ['POST /api/webhooks/h/test', (client) => client.webhooks.test('h'), undefined],
  [
    'POST /api/webhooks/h/replay',
    (client) => client.webhooks.replay('h', { from: '2026-12-01T00:00:00Z', to: '2026-12-02T00:00:00Z' }),
    { from: '2026-12-01T00:00:00Z', to: '2026-12-02T00:00:00Z' },
  ],
])('%s', async (request, call, body) => {
  await using server = await startScriptedServer(json(200, { jobId }));
  expect(await call(createClient({ baseUrl: server.url }))).toEqual({ jobId });
  const [received] = server.received;
  expect(`${received?.method} ${received?.url}`).toBe(request);
  expect(received?.body).toEqual(body);
  expect(typeof received?.headers['idempotency-key']).toBe(request.startsWith('POST') ? 'string' : 'undefined');
});

it('one delivery is replayed by its own path, and webhooks are listed without their envelope', async () => {
  await using server = await startScriptedServer(json(202, { id: 'd' }), json(200, { webhooks: [{ id: 'h' }] }));
  const { webhooks } = createClient({ baseUrl: server.url });
  expect(await webhooks.replay('h', { deliveryId: 'd' })).toEqual({ replayed: 1, hasMore: false });
  expect(await webhooks.list()).toEqual([{ id: 'h' }]);
  expect(server.received.map(({ url }) => url)).toEqual(['/api/webhooks/h/deliveries/d/replay', '/api/webhooks']);
});

it('lists go over all pages, and ask for the next one only when it is needed', async () => {
  await using server = await startScriptedServer(
    json(200, { jobs: [{ jobId: '1' }, { jobId: '2' }], nextCursor: 'c 2' }),
    json(200, { jobs: [], nextCursor: 'c3' }),
    json(200, { jobs: [{ jobId: '3' }] }),
  );
  const client = createClient({ baseUrl: server.url });
  const first = client.runs.list({ status: ['failed', 'cancelled'], minCostUSD: 1e-7, limit: 2 })[Symbol.asyncIterator]();
  expect((await first.next()).value).toEqual({ jobId: '1' });
  await first.next();
  expect(server.received.map(({ url }) => url)).toEqual(['/api/jobs?limit=2&status=failed%2Ccancelled&minCostUSD=0.0000001']);
  expect((await first.next()).value).toEqual({ jobId: '3' });
  expect((await first.next()).done).toBe(true);
  expect(server.received.map(({ url }) => url).slice(1)).toEqual([
    '/api/jobs?limit=2&status=failed%2Ccancelled&minCostUSD=0.0000001&cursor=c+2',
    '/api/jobs?limit=2&status=failed%2Ccancelled&minCostUSD=0.0000001&cursor=c3',
  ]);
  await using approvals = await startScriptedServer(json(200, { approvals: [{ id: 'a' }] }));
  expect(await collect(createClient({ baseUrl: approvals.url }).approvals.list({ status: 'pending' }))).toEqual([{ id: 'a' }]);
  expect(approvals.received[0]?.url).toBe('/api/approvals?status=pending');
});

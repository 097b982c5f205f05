import { connect } from 'node:net';
import type { JobView } from '@orchestrator/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Answer, issuesOf } from './support/client.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ workers: 0 });
});
afterAll(() => installation?.dispose());

afterEach(async () => {
  const runs = await installation.api.get('/api/workflows/runs');
  expect((runs.body as { runs: readonly JobView[] }).runs, 'nothing that is refused may be stored').toEqual([]);
  expect(await installation.api.get('/api/workflows/list')).toMatchObject({ body: { total: 0 } });
});

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.body).toMatchObject({
    status,
    code,
    type: `urn:problem-type:orchestrator:${code}`,
    requestId: expect.any(String),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
}

const noop = (id: string, fields: object = {}) => ({ id, action: 'noop', ...fields });

/** A broken workflow, and every pointer with its rule that the answer names. */
const brokenWorkflows: readonly (readonly [what: string, document: object, issues: readonly string[]])[] = [
  [
    'unknown fields',
    { ...workflow([noop('a', { retires: {} })]), colour: 'red' },
    ['/colour unknown-field', '/steps/0/retires unknown-field'],
  ],
  ['a nested unknown field', workflow([noop('a', { retry: { attempts: 3 } })]), ['/steps/0/retry/attempts unknown-field']],
  [
    'an unknown step',
    workflow([noop('a', { onSuccess: 'b', onFailure: 'c' })]),
    ['/steps/0/onFailure unknown-step', '/steps/0/onSuccess unknown-step'],
  ],
  ['a cycle', workflow([noop('a'), noop('b'), noop('c', { onSuccess: 'a' })]), ['/steps/2/onSuccess cycle']],
  ['a step that leads to itself', workflow([noop('a', { onFailure: 'a' })]), ['/steps/0/onFailure self-reference']],
  ['the same id twice', workflow([noop('a'), noop('b'), noop('a')]), ['/steps/2/id duplicate-step-id']],
  ['a reserved id', workflow([noop('input')]), ['/steps/0/id reserved-step-id']],
  ['a bad template', workflow([{ id: 'a', action: 'transform', set: { x: ['{{#if'] } }]), ['/steps/0/set/x/0 invalid-template']],
  [
    'a helper that does not exist',
    workflow([{ id: 'a', action: 'transform', set: '{{exec "ls"}}' }]),
    ['/steps/0/set invalid-template'],
  ],
  ['a bad condition', workflow([noop('a', { when: 'input.x >' })]), ['/steps/0/when invalid-condition']],
  ['a condition that is no boolean', workflow([noop('a', { when: '1 + 1' })]), ['/steps/0/when invalid-condition']],
  [
    'a step that is not there in a template',
    workflow([{ id: 'a', action: 'fail', message: '{{b.output}}' }]),
    ['/steps/0/message unknown-reference'],
  ],
  ['an action of a later version', workflow([{ id: 'a', action: 'http', url: 'http://x' }]), ['/steps/0/action unknown-action']],
  ['an action that nobody knows', workflow([{ id: 'a', action: 'exec' }]), ['/steps/0/action unknown-action']],
  ['no steps', workflow([]), ['/steps out-of-range']],
  ['too many steps', workflow(Array.from({ length: 201 }, (_, index) => noop(`s${index}`))), ['/steps out-of-range']],
  [
    'a delay of nothing and of both',
    workflow([
      { id: 'a', action: 'delay' },
      { id: 'b', action: 'delay', delayMs: 1, until: '2030-01-01T00:00:00Z' },
    ]),
    ['/steps/0 exactly-one-of', '/steps/1 exactly-one-of'],
  ],
  [
    'an error name that does not exist',
    workflow([noop('a', { retry: { retryOn: ['Provider.Slow'] } })]),
    ['/steps/0/retry/retryOn/0 unknown-error-name'],
  ],
  [
    'features of a later version',
    { ...workflow([noop('a', { dependsOn: [] })]), finally: [] },
    ['/finally unknown-field', '/steps/0/dependsOn unknown-field'],
  ],
  [
    'everything at once',
    {
      name: 7,
      extra: 1,
      steps: [{ id: 'a', action: 'generate', input: { prompt: '{{' } }, noop('a', { onSuccess: 'x', when: '(' }), 5],
    },
    [
      '/extra unknown-field',
      '/name wrong-type',
      '/steps/0/input/prompt invalid-template',
      '/steps/1/id duplicate-step-id',
      '/steps/1/onSuccess unknown-step',
      '/steps/1/when invalid-condition',
      '/steps/2 wrong-type',
    ],
  ],
];

describe('a broken workflow', () => {
  it.each(brokenWorkflows)('with %s is refused with every pointer at once', async (_what, document, issues) => {
    for (const [path, field] of [
      ['run', 'workflow'],
      ['create', 'definition'],
      ['validate', 'workflow'],
    ]) {
      const answer = await installation.api.post(`/api/workflows/${path}`, { [field ?? '']: document });
      expectProblem(answer, 422, 'validation-failed');
      expect(issuesOf(answer), path).toEqual(issues.map((issue) => `/${field}${issue}`).sort());
    }
  });
});

describe('a broken body', () => {
  it('names its own fields beside those of the workflow', async () => {
    const body = { workflow: workflow([noop('a', { onSuccess: 'b' })]), workflowId: 'x', prio: 1, userId: '' };
    const answer = await installation.api.post('/api/workflows/run', body);
    expectProblem(answer, 422, 'validation-failed');
    expect(issuesOf(answer).map((issue) => issue.split(' ')[0])).toEqual(
      expect.arrayContaining(['/prio', '/userId', '/workflow/steps/0/onSuccess', '/workflowId']),
    );
    for (const [neither, status] of [
      [{}, 422],
      [[], 422],
      ['text', 422],
      [null, 422],
      [17, 422],
    ] as const) {
      const refused = await installation.api.send('POST', '/api/workflows/run', { body: JSON.stringify(neither) });
      expect(refused.status).toBe(status);
    }
  });

  it('of a generate call names each field', async () => {
    const answer = await installation.api.post('/api/ai/generate', {
      prompt: '',
      temperature: 3,
      maxTokens: 1.5,
      sytem: 'x',
      priority: 'urgent',
    });
    expectProblem(answer, 422, 'validation-failed');
    expect(issuesOf(answer).map((issue) => issue.split(' ')[0])).toEqual([
      '/maxTokens',
      '/priority',
      '/prompt',
      '/sytem',
      '/temperature',
    ]);
  });

  it('that is no JSON is 400', async () => {
    for (const body of ['{', '{"prompt": "x",}', "{'prompt': 1}", 'undefined', '[1', '\u0000', '{"a":1}{"b":2}', ' ']) {
      expectProblem(await installation.api.send('POST', '/api/ai/generate', { body }), 400, 'invalid-json');
    }
  });

  it('of another type, encoding or compression is 415', async () => {
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    ]) {
      const answer = await installation.api.send('POST', '/api/ai/generate', { body: '{"prompt":"x"}', headers });
      expectProblem(answer, 415, 'unsupported-media-type');
    }
  });

  it('over 256 KiB is 413, a workflow over 1 MiB', async () => {
    const filler = (bytes: number) => JSON.stringify({ x: 'a'.repeat(bytes) });
    expectProblem(await installation.api.send('POST', '/api/ai/generate', { body: filler(262_144) }), 413, 'payload-too-large');
    for (const path of ['run', 'create', 'validate']) {
      const fits = await installation.api.send('POST', `/api/workflows/${path}`, { body: filler(1_040_000) });
      expectProblem(fits, 422, 'validation-failed');
      const large = await installation.api.send('POST', `/api/workflows/${path}`, { body: filler(1_048_576) });
      expectProblem(large, 413, 'payload-too-large');
    }
  });

  it('with text, keys, numbers or nesting that nobody can store is 422', async () => {
    const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
    for (const [input, code] of [
      ['"\\u0000"', 'invalid-text'],
      ['"\\ud800"', 'invalid-text'],
      ['{"\\udfff": 1}', 'invalid-text'],
      ['{"__proto__": {"polluted": true}}', 'forbidden-field'],
      ['1e999', 'invalid-number'],
      [deep, 'too-deep'],
    ]) {
      const body = `{"workflow": {"name": "x", "steps": [{"id": "a", "action": "noop"}]}, "input": ${input}}`;
      const answer = await installation.api.send('POST', '/api/workflows/run', { body });
      expectProblem(answer, 422, 'validation-failed');
      expect(issuesOf(answer), input).toContainEqual(expect.stringMatching(new RegExp(`^/input.* ${code}$`)));
    }
  });
});

describe('a request for what is not there', () => {
  it('is 404, or 405 with the methods that are', async () => {
    const unknown = '00000000-0000-7000-8000-000000000000';
    for (const path of [`/api/jobs/${unknown}`, '/api/jobs/1', '/api/jobs/%FF', '/api/nothing', '/API/workflows/list', '/']) {
      expectProblem(await installation.api.get(path), 404, 'not-found');
    }
    for (const [method, path, allow] of [
      ['GET', '/api/ai/generate', 'POST'],
      ['DELETE', `/api/jobs/${unknown}`, 'GET, HEAD'],
      ['POST', '/api/workflows/list', 'GET, HEAD'],
    ] as const) {
      const answer = await installation.api.send(method, path);
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer.headers.get('allow')).toBe(allow);
    }
  });

  it('from a page of another origin, or under another host name, is 403', async () => {
    const body = { prompt: 'x' };
    const answer = await installation.api.post('/api/ai/generate', body, { origin: 'https://evil.example' });
    expectProblem(answer, 403, 'forbidden');
    const raw = await rawGet(installation.api.url, '/api/workflows/runs', 'rebound.example');
    expect(raw).toMatch(/^HTTP\/1\.1 403 /);
  });
});

/** fetch writes the Host header itself. */
async function rawGet(url: string, path: string, host: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

import type { JobView, Problem, RunResponse } from '@orchestrator/contracts';
import { expect, vi } from 'vitest';
import { checkExchange } from '../../../apps/api/src/testing/openapi/check-exchange.ts';

/** One answer of the API, read to its end. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface SendOptions {
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly input?: unknown;
  readonly userId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The HTTP interface as a program of a user would call it. */
export interface Client {
  readonly url: string;
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Runs an inline workflow and waits for its end, which must come within the server's wait. */
  run(workflow: object, options?: RunOptions): Promise<RunResponse>;
  /** Submits without waiting. @returns the job id */
  submit(workflow: object, options?: RunOptions): Promise<string>;
  /** Submits a generate call without waiting. @returns the job id */
  submitGenerate(request: object): Promise<string>;
  job(jobId: string): Promise<JobView>;
  /** Polls until the job is as wanted. */
  jobWhen(jobId: string, isWanted: (job: JobView) => boolean, timeoutMs?: number): Promise<JobView>;
  /** Polls until the job has ended. */
  finished(jobId: string, timeoutMs?: number): Promise<JobView>;
  cancel(jobId: string): Promise<Answer<JobView>>;
}

const defaultWaitMs = 20_000;

export function createClient(url: string): Client {
  async function send(method: string, path: string, { body, headers }: SendOptions = {}): Promise<Answer> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const requestBody = typeof body === 'string' ? undefined : body;
    checkExchange({ method, url: path, requestBody, status: response.status, headers: response.headers, text });
    const isJson = /^application\/(problem\+)?json$/.test(response.headers.get('content-type') ?? '');
    if (text !== '' && !isJson) throw new Error(`${method} ${path} was answered ${response.status} with something else: ${text}`);
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  async function accepted(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<string> {
    const answer = await send('POST', path, { body, headers: { prefer: 'respond-async', ...headers } });
    expect(answer.body).toMatchObject({ success: false });
    expect(answer.status).toBe(202);
    return (answer.headers.get('location') ?? '').replace('/api/jobs/', '');
  }

  const client: Client = {
    url,
    send,
    get: (path) => send('GET', path),
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    async run(workflow, { headers, ...rest } = {}) {
      const answer = await send('POST', '/api/workflows/run', { body: { workflow, ...rest }, headers: { ...headers } });
      expect(answer.body).toHaveProperty('runId');
      expect(answer.status).toBe(200);
      return answer.body as RunResponse;
    },
    submit: (workflow, { headers, ...rest } = {}) => accepted('/api/workflows/run', { workflow, ...rest }, headers),
    submitGenerate: (request) => accepted('/api/ai/generate', request),
    async job(jobId) {
      const answer = await send('GET', `/api/jobs/${jobId}`);
      expect(answer.status).toBe(200);
      return answer.body as JobView;
    },
    async jobWhen(jobId, isWanted, timeoutMs = defaultWaitMs) {
      let job: JobView | undefined;
      const wanted = async () => {
        job = await client.job(jobId);
        return isWanted(job) && job;
      };
      return vi.waitUntil(wanted, { timeout: timeoutMs, interval: 20 }).catch((cause: unknown) => {
        throw new Error(`job ${jobId} is not as wanted after ${timeoutMs} ms: ${JSON.stringify(job)}`, { cause });
      });
    },
    finished: (jobId, timeoutMs) => client.jobWhen(jobId, (job) => job.finishedAt !== undefined, timeoutMs),
    cancel: async (jobId) => (await send('POST', `/api/jobs/${jobId}/cancel`)) as Answer<JobView>,
  };
  return client;
}

/** `pointer code` of every broken rule that a problem lists, sorted. */
export function issuesOf(answer: Answer): string[] {
  return ((answer.body as Problem).errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`).sort();
}

import { providerIds, sandbox } from '@orchestrator/adapters';
import type { Issue, JobView, NewRun, RunSnapshot, StepError, StepRecord } from '@orchestrator/contracts';
import { RouterEngine } from '@orchestrator/router';
import { createSecretBox, createWebhookUrlCheck } from '@orchestrator/webhooks';
import { validateWorkflow } from '@orchestrator/workflow';
import { v7 as newId } from 'uuid';
import { type Api, createApp } from '../app.ts';
import type { ApiDeps, Log } from '../ports.ts';
import { listen } from '../server/listen.ts';
import { createFakeQueue, type FakeQueue } from './fake-queue.ts';
import { createFakeStore, type FakeStore } from './fake-store.ts';
import { createManualClock, type ManualClock, settle } from './manual-clock.ts';
import { checkExchange } from './openapi/check-exchange.ts';

export interface LogLine {
  readonly level: string;
  readonly facts: object;
  readonly sentence: string;
}

/** A JSON answer of any route: the fields that tests look into, for them to assert. */
export interface AnswerBody {
  readonly [field: string]: unknown;
  readonly requestId: string;
  readonly workflowId: string;
  readonly total: number;
  readonly errors: readonly Issue[];
  readonly error: StepError;
  readonly runs: readonly JobView[];
  readonly workflows: readonly object[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly api: Api;
  readonly store: FakeStore;
  readonly queue: FakeQueue;
  readonly clock: ManualClock;
  readonly log: LogLine[];
  /** Sends a request; an object as body goes as JSON. */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Resolves with the next run that the store accepts. */
  nextAccepted(): Promise<NewRun>;
  /** Makes every run end like this as soon as it is accepted, with the message a worker would send. */
  finishRuns(patch: Partial<RunSnapshot>): void;
  /** Ends a run and tells the API. */
  finish(runId: string, patch: Partial<RunSnapshot>): void;
}

export const nodeId = 'test-node';
export const replyTo = `replies.${nodeId}`;

export function generateStep(patch: Partial<StepRecord> = {}): StepRecord {
  return {
    path: 'generate',
    visit: 1,
    ordinal: 1,
    action: 'generate',
    status: 'completed',
    attempts: [],
    output: 'Hello.',
    provider: 'sandbox',
    model: 'sandbox-1',
    usage: { inputTokens: 10, outputTokens: 50, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 },
    costNanoUsd: 2_400_000,
    latencyMs: 850,
    ...patch,
  };
}

/** The end of a run that succeeded. */
export const completed: Partial<RunSnapshot> = {
  status: 'completed',
  output: 'Hello.',
  costNanoUsd: 2_400_000,
  startedAtMs: 1_700_000_000_100,
  finishedAtMs: 1_700_000_001_500,
  steps: [generateStep()],
};

/** The API over in-memory ports, behind a real HTTP server on a free port. */
export async function startApi(overrides: Partial<ApiDeps> = {}): Promise<TestApi> {
  const store = createFakeStore(newId);
  const queue = createFakeQueue();
  const clock = createManualClock();
  const lines: LogLine[] = [];
  const at = (level: string) => (facts: object, sentence: string) => void lines.push({ level, facts, sentence });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const knownProviders = [...providerIds, sandbox.id];
  const api = createApp({
    store,
    queue,
    clock,
    log,
    newId,
    nodeId,
    router: new RouterEngine(),
    customProviderIds: new Set(),
    modelAliases: {},
    approvalThresholdUSD: 1,
    approvalTimeoutMs: 86_400_000,
    checkWebhookUrl: createWebhookUrlCheck([]),
    secretBox: createSecretBox(undefined),
    validateWorkflow: (document) => validateWorkflow(document, { knownProviders }),
    syncWaitMs: 30_000,
    requestLimit: null,
    ...overrides,
  });
  await settle();
  const { server, url } = await listen(api.app, { host: '127.0.0.1', port: 0, isPortExplicit: true });

  const send: TestApi['send'] = async (method, path, { body, headers = {}, signal } = {}) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
    const { status } = response;
    const text = await response.text();
    const requestBody = isRaw ? undefined : body;
    checkExchange({ method, url: path, requestBody, status, headers: response.headers, text });
    return { status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };

  const test: TestApi = {
    url,
    api,
    store,
    queue,
    clock,
    log: lines,
    send,
    post: (path, body, headers) => send('POST', path, { body, ...(headers === undefined ? {} : { headers }) }),
    get: (path, headers) => send('GET', path, headers === undefined ? {} : { headers }),
    nextAccepted() {
      return new Promise((resolve) => {
        store.onAccepted = (run) => {
          store.onAccepted = null;
          resolve(run);
        };
      });
    },
    finish(runId, patch) {
      store.patch(runId, { wakeAtMs: undefined as never, ...patch });
      queue.deliver(replyTo, { type: 'runs-finished', runIds: [runId] });
    },
    finishRuns(patch) {
      store.onAccepted = (run) => setImmediate(() => test.finish(run.id, patch));
    },
    async [Symbol.asyncDispose]() {
      await api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return test;
}

export function portOf(test: TestApi): number {
  return Number(new URL(test.url).port);
}

/** Pointers and codes of a validation problem, sorted. */
export function issuesOf(problem: AnswerBody): string[] {
  return problem.errors.map((issue) => `${issue.pointer} ${issue.code}`).sort();
}

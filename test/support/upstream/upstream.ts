import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ProviderDefinition, providers } from '@orchestrator/adapters';
import { answerCall } from './answer.ts';
import { chat } from './formats/chat.ts';
import { formatAt } from './formats/index.ts';
import { RefusedParameter, type WireFormat } from './formats/wire-format.ts';
import { createLedger, type LedgerEntry, type LedgerSummary } from './ledger.ts';
import { toCall, type UpstreamCall } from './parse-call.ts';
import { renderCall } from './render.ts';
import { createRulePicker, type ScriptInput, scriptSchema } from './script.ts';
import { sendAnswer } from './send.ts';

/** A vendor on the loopback interface that does as its script says and keeps exact books. */
export interface Upstream {
  readonly port: number;
  /**
   * The base URL to configure for a provider.
   * @param defaultBaseUrl - the provider's own, whose path is kept; omitted for those without a path
   */
  baseUrl(providerId: string, defaultBaseUrl?: string): string;
  setScript(script: ScriptInput): void;
  entries(): readonly LedgerEntry[];
  summary(): LedgerSummary;
  /** Forgets the ledger and starts the rules' counts anew. */
  reset(): void;
  /** TCP connections accepted so far. */
  connections(): number;
  close(): Promise<void>;
}

const providerPrefix = /^\/p\/([a-z0-9-]+)(?=\/)/;
const modelsPath = /\/models(?:\/[^:]+)?$/;
/** Every vendor reads its key from one of these. */
const keyHeaders = ['authorization', 'x-api-key', 'x-goog-api-key'] as const;
/** The lists of all vendors in one: each finds its own field. */
const modelList = { object: 'list', data: [], models: [], has_more: false, first_id: null, last_id: null };

/** Whose call it is, and the rest of the path without the query. */
function routeOf(url: string): { readonly provider: string | null; readonly path: string } {
  const [path = ''] = url.split('?', 1);
  const provider = providerPrefix.exec(path)?.[1] ?? null;
  return { provider, path: provider === null ? path : path.slice(`/p/${provider}`.length) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What a header asks for, as vendors that repeat it in the body write it. */
function retryAfterSeconds(headers: Record<string, string>): string | undefined {
  const millis = headers['retry-after-ms'];
  return millis === undefined ? headers['retry-after'] : String(Number(millis) / 1000);
}

export interface UpstreamOptions {
  /** @defaultValue 0: a free one */
  readonly port?: number;
  readonly script?: ScriptInput;
  /** The price lists that calls are charged by. @defaultValue the registry */
  readonly catalogue?: readonly ProviderDefinition[];
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { catalogue = providers } = options;
  const ledger = createLedger();
  let script = scriptSchema.parse(options.script ?? {});
  let pickRule = createRulePicker(script.rules);
  let connections = 0;

  function setScript(input: ScriptInput): void {
    script = scriptSchema.parse(input);
    pickRule = createRulePicker(script.rules);
  }

  async function serveCall(call: UpstreamCall, format: WireFormat, response: ServerResponse): Promise<void> {
    const rule = pickRule(call);
    const fault = rule?.fault;
    const isFree = fault?.type === 'status';
    const answer = answerCall(call, { script, rule, catalogue });
    const arrivedAt = performance.now();
    const entry = ledger.add({
      provider: call.provider,
      idempotencyKey: call.idempotencyKey,
      marker: call.marker,
      model: call.model,
      maxTokens: call.maxTokens,
      isStream: call.isStream,
      fault: fault?.type ?? null,
      status: 0,
      usage: isFree ? null : answer.usage,
      chargedNanoUsd: isFree ? 0 : answer.billNanoUsd,
      isFullySent: false,
      isClientGone: false,
      closedAfterMs: null,
      ...(script.recordRequests ? { request: call.body } : {}),
    });
    const gone = new AbortController();
    let isDestroyedByUs = false;
    response.once('close', () => {
      entry.closedAfterMs = Math.round(performance.now() - arrivedAt);
      if (!entry.isFullySent && !isDestroyedByUs && !response.writableFinished) entry.isClientGone = true;
      gone.abort();
    });
    const latencyMs = (rule?.latencyMs ?? script.latencyMs) * (1 + script.latencyJitter * Math.random());
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal: gone.signal }).catch(() => {});
    if (gone.signal.aborted) return;
    if (fault?.type === 'status') {
      entry.status = fault.status;
      const body =
        fault.body ?? format.renderError(fault.status, `scripted fault ${fault.status}`, retryAfterSeconds(fault.headers));
      sendJson(response, fault.status, body, fault.headers);
      return;
    }
    entry.status = fault !== undefined && 'at' in fault && fault.at === 'before-headers' ? 0 : 200;
    isDestroyedByUs = fault?.type === 'cut';
    const isComplete = await sendAnswer(response, renderCall(format, call, answer, fault), { fault, signal: gone.signal });
    entry.isFullySent = isComplete && response.writableFinished;
  }

  async function serveControl(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = `${request.method} ${request.url?.slice('/__control/'.length)}`;
    if (action === 'POST script') {
      setScript(JSON.parse(await readBody(request)));
      return sendJson(response, 200, script);
    }
    if (action === 'POST reset') {
      ledger.clear();
      setScript(script);
      return sendJson(response, 200, {});
    }
    if (action === 'GET ledger') return sendJson(response, 200, ledger.entries());
    if (action === 'GET summary') return sendJson(response, 200, { ...ledger.summary(), connections });
    sendJson(response, 404, { error: `no control route ${action}` });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/__control/')) return serveControl(request, response);
    const { provider, path } = routeOf(request.url ?? '');
    const format = formatAt(path);
    const isModelList = format === undefined && modelsPath.test(path);
    const refuse = (status: number, message: string) =>
      sendJson(response, status, (format ?? chat).renderError(status, message, undefined));
    if (format === undefined && !isModelList) return refuse(404, 'no such path');
    if (keyHeaders.every((name) => !request.headers[name])) return refuse(401, 'no key');
    if (format === undefined) return sendJson(response, 200, modelList);
    let call: UpstreamCall;
    try {
      const body: unknown = JSON.parse(await readBody(request));
      call = toCall(request, provider, format.readCall(path, body, provider), body);
    } catch (error) {
      return refuse(error instanceof RefusedParameter ? error.status : 400, String(error));
    }
    await serveCall(call, format, response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendJson(response, 500, { error: { message: String(error), type: 'api_error' } });
    });
  });
  server.on('connection', () => connections++);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    port,
    baseUrl(providerId, defaultBaseUrl) {
      const path = defaultBaseUrl === undefined ? '' : new URL(defaultBaseUrl).pathname.replace(/\/$/, '');
      return `http://127.0.0.1:${port}/p/${providerId}${path}`;
    },
    setScript,
    entries: ledger.entries,
    summary: ledger.summary,
    reset() {
      ledger.clear();
      pickRule = createRulePicker(script.rules);
    },
    connections: () => connections,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

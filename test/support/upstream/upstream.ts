import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerCall } from './answer.ts';
import { chargeNanoUsd } from './charge.ts';
import { createLedger, type LedgerEntry, type LedgerSummary } from './ledger.ts';
import { type ApiProtocol, parseCall, type UpstreamCall } from './parse-call.ts';
import { renderError, renderEvents, renderJson } from './render.ts';
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

const callPath = /^(?:\/p\/([a-z0-9-]+))?\/.*?(chat\/completions|messages|models)(?:\?.*)?$/;

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** @param options.port - 0 picks a free one (default) */
export async function startUpstream(options: { readonly port?: number; readonly script?: ScriptInput } = {}): Promise<Upstream> {
  const ledger = createLedger();
  let script = scriptSchema.parse(options.script ?? {});
  let pickRule = createRulePicker(script.rules);
  let connections = 0;

  function setScript(input: ScriptInput): void {
    script = scriptSchema.parse(input);
    pickRule = createRulePicker(script.rules);
  }

  async function serveCall(call: UpstreamCall, response: ServerResponse): Promise<void> {
    const rule = pickRule(call);
    const fault = rule?.fault;
    const isFree = fault?.type === 'status';
    const answer = answerCall(call, script, rule);
    const isUnbilled = fault?.type === 'usage' && fault.usage === 'zero';
    const usage = isFree ? null : isUnbilled ? { input: 0, output: 0, cached: 0 } : answer.usage;
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
      usage,
      chargedNanoUsd: usage === null ? 0 : chargeNanoUsd(call.provider, answer.model, usage),
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
      sendJson(response, fault.status, fault.body ?? renderError(call, fault.status), fault.headers);
      return;
    }
    entry.status = fault !== undefined && 'at' in fault && fault.at === 'before-headers' ? 0 : 200;
    isDestroyedByUs = fault?.type === 'cut';
    const pieces = call.isStream ? renderEvents(call, answer, fault) : [renderJson(call, answer, fault)];
    const isComplete = await sendAnswer(response, pieces, { isStream: call.isStream, fault, signal: gone.signal });
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
    const match = callPath.exec(request.url ?? '');
    const protocol: ApiProtocol = match?.[2] === 'messages' ? 'messages' : 'chat';
    if (match === null) return sendJson(response, 404, renderError({ protocol }, 404));
    if (!request.headers.authorization && !request.headers['x-api-key'])
      return sendJson(response, 401, renderError({ protocol }, 401));
    if (match[2] === 'models')
      return sendJson(response, 200, { object: 'list', data: [], has_more: false, first_id: null, last_id: null });
    await serveCall(parseCall(request, { protocol, provider: match[1] ?? null }, await readBody(request)), response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendJson(response, 400, { error: { message: String(error), type: 'invalid_request_error' } });
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

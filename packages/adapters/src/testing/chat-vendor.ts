import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the vendor: a JSON body, or a stream of events that ends properly, with `[DONE]`, or with a cut connection. */
type VendorReply =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json: unknown }
  | { readonly events: readonly unknown[]; readonly ends?: 'done' | 'quietly' | 'cut' };

interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A vendor of chat completions on the loopback interface that answers what a test wrote down, byte for byte. */
export interface ChatVendor {
  /** @param defaultBaseUrl - the provider's own, whose path is kept */
  baseUrl(defaultBaseUrl: string): string;
  /** Every request from now on gets this answer. */
  answerWith(reply: VendorReply): void;
  /** The last request. @throws Error when there was none */
  seen(): SeenRequest;
  close(): Promise<void>;
}

export async function startChatVendor(): Promise<ChatVendor> {
  let reply: VendorReply = { status: 500, json: { error: { message: 'the test named no answer' } } };
  let last: SeenRequest | undefined;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    last = { path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) };
    if ('json' in reply) {
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
      response.end(JSON.stringify(reply.json));
      return;
    }
    const { events, ends = 'done' } = reply;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Texts are sent as they are: comments and other lines that are no data.
    for (const event of events) response.write(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`);
    if (ends === 'cut') response.write(': cut\n\n', () => response.destroy());
    else response.end(ends === 'done' ? 'data: [DONE]\n\n' : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: (defaultBaseUrl) => `http://127.0.0.1:${port}${new URL(defaultBaseUrl).pathname}`,
    answerWith(next) {
      reply = next;
    },
    seen() {
      if (last === undefined) throw new Error('no request arrived');
      return last;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The body of a complete answer; `rest` replaces or adds top-level fields. */
export function completion(message: object, rest: object = {}, finishReason = 'stop'): object {
  return {
    id: 'c-1',
    object: 'chat.completion',
    created: 1_800_000_000,
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
    ...rest,
  };
}

/** One chunk of a streamed answer; `rest` replaces or adds top-level fields. */
export function chunk(delta: object, finishReason: string | null = null, rest: object = {}): object {
  return {
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 1_800_000_000,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
    ...rest,
  };
}

import { Agent, type IncomingMessage, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

export interface StreamRequest {
  readonly url: string;
  /** Given: a POST. */
  readonly body?: object;
  /** Called with each chunk of the answer, as it comes. */
  readonly onText: (text: string) => void;
}

export interface OpenStream {
  /** Resolves at the end of the answer. */
  readonly ended: Promise<void>;
  leave(): void;
}

/** Opens a stream of events with as little work as possible; resolves with the headers. */
export function openStream({ url, body, onText }: StreamRequest): Promise<OpenStream> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: payload === undefined ? 'GET' : 'POST', agent, headers }, (response: IncomingMessage) => {
      const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
      // Whoever leaves does not wait for the end.
      ended.catch(() => {});
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (response.statusCode === 200) onText(chunk);
        else text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) end();
        else fail(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
      response.on('error', fail);
      resolve({ ended, leave: () => sent.destroy() });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** Events in a text; comments and the like are none. */
export function countEvents(text: string): number {
  return text.split('\ndata: ').length - 1;
}

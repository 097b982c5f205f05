import type { Stream } from 'openai/core/streaming';
import type { PreparedCall } from '../call/prepared-call.ts';
import type { ProtocolFactory, WireOptions } from '../call/protocol.ts';
import type { VendorAnswer, VendorStreamEvent } from '../call/vendor-answer.ts';
import type { RateLimits } from '../contract.ts';
import { createEndpointClient } from './endpoint-client.ts';
import { checkModelList } from './model-list.ts';
import { readChatError } from './openai-chat/vendor-error.ts';
import { idempotencyHeaders } from './sdk-options.ts';
import { watchEvents } from './watch-events.ts';

/** A vendor's API for model calls: one path that answers a POST with JSON, or with SSE when the body says `stream: true`. */
export interface Endpoint {
  /** Relative to the base URL, with a leading slash. */
  readonly path: string;
  /** URL or path of a cheap GET that needs a valid key. */
  readonly pingPath: (baseUrl: string) => string;
  readonly toRequest: (call: PreparedCall) => Readonly<Record<string, unknown>>;
  /** @throws UnusableAnswer, or the vendor's own failure stated in the body */
  readonly fromResponse: (body: unknown) => VendorAnswer;
  /** Yields `end` when the events have ended, not before: a response that was not read to its end costs its connection. */
  readonly fromStream: (events: AsyncIterable<unknown>) => AsyncIterable<VendorStreamEvent>;
  readonly readRateLimits: (headers: Headers, nowMs: number) => RateLimits;
}

/** Speaks with an endpoint through the official SDK's client. */
export function endpointProtocol(endpoint: Endpoint): ProtocolFactory {
  return (connection) => {
    const client = createEndpointClient(connection);
    let limits: RateLimits | undefined;
    const requestOptions = (options: WireOptions) => ({
      signal: options.signal,
      headers: idempotencyHeaders(options.idempotencyKey),
    });
    const observe = (response: { readonly headers: Headers }) => {
      limits = endpoint.readRateLimits(response.headers, Date.now());
    };
    return {
      async generate(call, options) {
        const body = endpoint.toRequest(call);
        const { data, response } = await client.post<unknown>(endpoint.path, { body, ...requestOptions(options) }).withResponse();
        observe(response);
        return endpoint.fromResponse(data);
      },
      async *stream(call, options) {
        const body = { ...endpoint.toRequest(call), stream: true };
        const { data, response } = await client
          .post<Stream<unknown>>(endpoint.path, { body, stream: true, ...requestOptions(options) })
          .withResponse();
        observe(response);
        yield* endpoint.fromStream(watchEvents(data, options.onEvent));
      },
      async ping(signal) {
        checkModelList(await client.get<unknown>(endpoint.pingPath(connection.baseUrl), { signal }));
      },
      readVendorError: readChatError,
      rateLimits: () =>
        limits ?? { requestLimit: null, requestsRemaining: null, tokenLimit: null, tokensRemaining: null, observedAtMs: null },
    };
  };
}

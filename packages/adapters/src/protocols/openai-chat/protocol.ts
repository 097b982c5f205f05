import type { ProtocolFactory, WireOptions } from '../../call/protocol.ts';
import type { RateLimits } from '../../contract.ts';
import { checkModelList } from '../model-list.ts';
import { OpenAIClient } from '../openai-client.ts';
import { idempotencyHeaders } from '../sdk-options.ts';
import { watchEvents } from '../watch-events.ts';
import type { ChatDialect } from './dialect.ts';
import { fromChatResponse } from './from-response.ts';
import { fromChatStream } from './from-stream.ts';
import { readChatRateLimits } from './rate-limits.ts';
import { toChatRequest } from './to-request.ts';
import { readChatError } from './vendor-error.ts';

/** The chat completions API through the official SDK; `dialect` is what the vendor does differently. */
export function chatProtocol(dialect: ChatDialect): ProtocolFactory {
  return (connection) => {
    const client = new OpenAIClient({ ...connection, headers: dialect.extraHeaders });
    let limits: RateLimits | undefined;
    // The SDK's `idempotencyKey` option sends nothing unless a subclass names the header.
    const requestOptions = (options: WireOptions) => ({
      signal: options.signal,
      headers: idempotencyHeaders(options.idempotencyKey),
    });
    const observe = (response: { readonly headers: Headers }) => {
      limits = readChatRateLimits(response.headers, Date.now());
    };
    return {
      async generate(call, options) {
        const { data, response } = await client.chat.completions
          .create(toChatRequest(call, dialect), requestOptions(options))
          .withResponse();
        observe(response);
        return fromChatResponse(data, dialect);
      },
      async *stream(call, options) {
        const request = {
          ...toChatRequest(call, dialect),
          stream: true as const,
          ...(dialect.sendsStreamOptions ? { stream_options: { include_usage: true } } : {}),
        };
        const { data, response } = await client.chat.completions.create(request, requestOptions(options)).withResponse();
        observe(response);
        yield* fromChatStream(watchEvents(data, options.onEvent), dialect);
      },
      async ping(signal) {
        checkModelList(await client.get<unknown>('/models', { signal }));
      },
      readVendorError: readChatError,
      rateLimits: () =>
        limits ?? { requestLimit: null, requestsRemaining: null, tokenLimit: null, tokensRemaining: null, observedAtMs: null },
    };
  };
}

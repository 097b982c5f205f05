import Anthropic from '@anthropic-ai/sdk';
import type { ProtocolFactory, WireOptions } from '../../call/protocol.ts';
import type { RateLimits } from '../../contract.ts';
import { checkModelList } from '../../protocols/model-list.ts';
import { idempotencyHeaders, sdkOptions } from '../../protocols/sdk-options.ts';
import { watchEvents } from '../../protocols/watch-events.ts';
import { fromMessage } from './from-response.ts';
import { fromMessageStream } from './from-stream.ts';
import { readMessageRateLimits } from './rate-limits.ts';
import { toMessageRequest } from './to-request.ts';
import { readMessageError } from './vendor-error.ts';

/** The messages API through the official SDK. */
export const messagesProtocol: ProtocolFactory = ({ apiKey, baseUrl }) => {
  const client = new Anthropic({
    ...sdkOptions,
    apiKey,
    // The SDK's paths begin with /v1; base URLs of proxies are often written with it.
    baseURL: baseUrl.replace(/\/v1$/, ''),
    webhookKey: null,
  });
  let limits: RateLimits | undefined;
  const requestOptions = (options: WireOptions) => ({
    signal: options.signal,
    // Given per call, or the SDK refuses large `max_tokens` without streaming.
    timeout: sdkOptions.timeout,
    headers: idempotencyHeaders(options.idempotencyKey),
  });
  const observe = (response: { readonly headers: Headers }) => {
    limits = readMessageRateLimits(response.headers, Date.now());
  };
  return {
    async generate(call, options) {
      const { data, response } = await client.messages.create(toMessageRequest(call), requestOptions(options)).withResponse();
      observe(response);
      return fromMessage(data);
    },
    async *stream(call, options) {
      const request = { ...toMessageRequest(call), stream: true as const };
      const { data, response } = await client.messages.create(request, requestOptions(options)).withResponse();
      observe(response);
      yield* fromMessageStream(watchEvents(data, options.onEvent));
    },
    async ping(signal) {
      checkModelList(await client.get<unknown>('/v1/models', { query: { limit: 1 }, signal }));
    },
    readVendorError: readMessageError,
    rateLimits: () =>
      limits ?? { requestLimit: null, requestsRemaining: null, tokenLimit: null, tokensRemaining: null, observedAtMs: null },
  };
};

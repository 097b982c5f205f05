import { GoogleGenerativeAI } from '@google/generative-ai';
import type { ProtocolFactory, WireOptions } from '../../call/protocol.ts';
import { VendorErrorAnswer } from '../../failure/failure.ts';
import { checkModelList } from '../../protocols/model-list.ts';
import { idempotencyHeaders } from '../../protocols/sdk-options.ts';
import { watchEvents } from '../../protocols/watch-events.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { fromContent } from './from-response.ts';
import { fromContentStream } from './from-stream.ts';
import { contentSchema } from './schemas.ts';
import { toContentRequest } from './to-request.ts';
import { explainError, readContentError } from './vendor-error.ts';

/**
 * The content API through the official SDK. It has neither retries nor, unless asked, a timer of its own, and keeps no
 * connection: fetch does. It can't list models, so the health check asks without it.
 */
export const contentProtocol: ProtocolFactory = ({ apiKey, baseUrl: configuredUrl }) => {
  const sdk = new GoogleGenerativeAI(apiKey);
  // The SDK's paths begin with the version; base URLs are often written with it.
  const baseUrl = configuredUrl.replace(/\/v1(?:beta)?$/, '');
  const requestOptions = (exchange: Exchange, options: WireOptions) => ({
    baseUrl,
    signal: exchange.signal,
    customHeaders: { ...exchange.mark, ...idempotencyHeaders(options.idempotencyKey) },
  });
  return {
    async generate(call, options) {
      const request = toContentRequest(call);
      options.signal.throwIfAborted();
      const exchange = openExchange(options.signal);
      try {
        const model = sdk.getGenerativeModel({ model: call.model });
        const { response } = await model.generateContent(request, requestOptions(exchange, options));
        return fromContent(response, call);
      } catch (error) {
        throw explainError(error, exchange);
      } finally {
        exchange.close();
      }
    },
    async *stream(call, options) {
      const request = toContentRequest(call);
      options.signal.throwIfAborted();
      const exchange = openExchange(options.signal);
      let isComplete = false;
      try {
        const model = sdk.getGenerativeModel({ model: call.model });
        const { stream, response } = await model.generateContentStream(request, requestOptions(exchange, options));
        // The SDK reads the answer twice: whatever breaks the stream rejects this promise too, and would end the process.
        response.catch(() => undefined);
        yield* fromContentStream(watchEvents(stream, options.onEvent), call);
        isComplete = true;
      } catch (error) {
        throw explainError(error, exchange);
      } finally {
        // The SDK reads on when its reader leaves.
        exchange.close(isComplete ? undefined : 'abandon');
      }
    },
    async ping(signal) {
      const answer = await fetch(`${baseUrl}/v1beta/models?pageSize=1`, {
        headers: { 'x-goog-api-key': apiKey },
        redirect: 'manual',
        signal,
      });
      const body: unknown = await answer.json().catch(() => undefined);
      if (answer.ok) return checkModelList(body);
      const said = contentSchema.safeParse(body).data?.error?.message;
      throw new VendorErrorAnswer({
        status: answer.status,
        message: said ?? `${answer.status} ${answer.statusText}`,
        headers: answer.headers,
      });
    },
    readVendorError: readContentError,
    // The vendor states its limits in no header.
    rateLimits: () => ({
      requestLimit: null,
      requestsRemaining: null,
      tokenLimit: null,
      tokensRemaining: null,
      observedAtMs: null,
    }),
  };
};

import { APIError } from 'openai';
import { OpenAIClient, type OpenAIConnection } from './openai-client.ts';

/** The SDK reads a refusal from `error`; vendors that put `message` at the top would lose it, and with it the error's class. */
class EndpointClient extends OpenAIClient {
  protected override makeStatusError(status: number, body: object, message: string | undefined, headers: Headers): APIError {
    const isFlat = typeof body === 'object' && body !== null && !('error' in body);
    return super.makeStatusError(status, isFlat ? { error: body } : body, message, headers);
  }
}

/** The official SDK as a plain HTTP client with JSON, SSE, abort and error classes, for vendors with formats of their own. */
export function createEndpointClient(connection: OpenAIConnection): OpenAIClient {
  return new EndpointClient(connection);
}

/** A failure that the vendor states inside a 200 answer, in the form in which the SDK throws an error event of a stream. */
export function statedFailure(said: { readonly message: string; readonly code?: unknown; readonly type?: unknown }): APIError {
  return new APIError(undefined, said, undefined, undefined);
}

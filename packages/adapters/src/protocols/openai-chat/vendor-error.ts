import { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { type VendorError, VendorErrorAnswer } from '../../failure/failure.ts';

/** SDK errors have `name = 'Error'`, so only `instanceof` tells them apart. */
export function readChatError(error: unknown): VendorError | undefined {
  if (error instanceof VendorErrorAnswer) return error.said;
  if (!(error instanceof APIError) || error instanceof APIConnectionError || error instanceof APIUserAbortError) return undefined;
  // Some gateways put the HTTP status of the failure into the code of an event inside a 200 stream.
  const code: unknown = error.code;
  const status = error.status ?? (typeof code === 'number' && code >= 400 && code < 600 ? code : undefined);
  return {
    status,
    code: typeof code === 'string' ? code : undefined,
    type: typeof error.type === 'string' ? error.type : undefined,
    message: error.message,
    headers: error.headers,
    mayBeBilled: error.status === undefined,
  };
}

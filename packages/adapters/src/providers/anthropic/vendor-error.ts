import { APIConnectionError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { VendorError } from '../../failure/failure.ts';

const errorBodySchema = z.object({ error: z.object({ type: z.string().nullish(), message: z.string().nullish() }) });

export function readMessageError(error: unknown): VendorError | undefined {
  if (!(error instanceof APIError) || error instanceof APIConnectionError || error instanceof APIUserAbortError) return undefined;
  const body = errorBodySchema.safeParse(error.error);
  return {
    status: error.status,
    type: (body.success && body.data.error.type) || undefined,
    message: (body.success && body.data.error.message) || error.message,
    headers: error.headers,
  };
}

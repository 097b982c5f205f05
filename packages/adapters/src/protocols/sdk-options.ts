import { boundedFetch } from './bounded-fetch.ts';

/**
 * What every SDK client gets. Retries are ours; the SDK's timer must never fire before ours (24 days is the longest a
 * timer can be); the SDKs log malformed chunks, which are model output.
 */
export const sdkOptions = {
  maxRetries: 0,
  timeout: 2_147_483_647,
  logLevel: 'off',
  fetch: boundedFetch,
  // fetch would send x-api-key along to wherever a redirect points; a redirect is reported as an error instead.
  fetchOptions: { redirect: 'manual' },
} as const;

export function idempotencyHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { 'Idempotency-Key': key };
}

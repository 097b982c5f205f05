import { createSafeFetch, createUrlCheck, type SafeFetch, type UrlVerdict } from '@orchestrator/safe-fetch';

/** Between the 15 and 30 s that Standard Webhooks recommends; the lease of an attempt is longer. */
const timeoutMs = 15_000;
/** All that is kept of an answer, and more than is shown. */
const maxResponseBytes = 4_096;

/**
 * Makes the requests of deliveries.
 * @param allowedHosts - private hosts that may be reached, also without TLS
 */
export function createWebhookFetch(allowedHosts: readonly string[]): SafeFetch {
  return createSafeFetch({ allowedHosts, requiresHttps: true, timeoutMs, maxResponseBytes, whenTooLarge: 'truncate' });
}

/** Judges the URL of an endpoint by the rules that its deliveries will go by, as far as its text tells. */
export function createWebhookUrlCheck(allowedHosts: readonly string[]): (text: string) => UrlVerdict {
  return createUrlCheck({ allowedHosts, requiresHttps: true });
}

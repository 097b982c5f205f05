import { type AttemptReport, type ClaimedDelivery, type DeliveryOutcome, toStorableText } from '@orchestrator/contracts';
import type { SafeFetch, SafeResponse } from '@orchestrator/safe-fetch';
import type { Clock } from './ports.ts';
import { parseRetryAfter, pauseAfter } from './retry-schedule.ts';
import type { SecretBox } from './secret-box.ts';
import { signatureHeaders } from './signature.ts';

export interface AttemptParts {
  readonly fetch: SafeFetch;
  readonly secretBox: SecretBox;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly schedule: readonly number[];
  /** Ends the attempt for reasons of ours. */
  readonly signal: AbortSignal;
}

const shownCharacters = 1_000;
const unreadableSecret = 'The secret of the endpoint could not be read: this process lacks the key that it was stored with.';

/** The fields that receivers look at first come first; the database has an order of its own. */
function bodyOf({ payload }: ClaimedDelivery): string {
  const { type, timestamp, ...rest } = payload;
  return JSON.stringify({ type, timestamp, ...rest });
}

function snippetOf({ body }: SafeResponse): string | undefined {
  const text = toStorableText(body.toString('utf8')).slice(0, shownCharacters).toWellFormed();
  return text === '' ? undefined : text;
}

function afterFailure(
  { attempt }: ClaimedDelivery,
  report: AttemptReport,
  parts: AttemptParts,
  retryAfterMs?: number,
): DeliveryOutcome {
  const retryInMs = pauseAfter(attempt, parts.schedule, parts.random(), retryAfterMs);
  return retryInMs === undefined ? { outcome: 'failed', ...report } : { outcome: 'retry', retryInMs, ...report };
}

function judge(delivery: ClaimedDelivery, response: SafeResponse, latencyMs: number, parts: AttemptParts): DeliveryOutcome {
  const { status, headers } = response;
  const snippet = snippetOf(response);
  const report = { status, latencyMs, ...(snippet !== undefined && { response: snippet }) };
  if (status >= 200 && status < 300) return { outcome: 'delivered', ...report };
  const failure = { ...report, error: `The endpoint answered ${status}.` };
  if (status === 410) return { outcome: 'failed', isGone: true, ...failure };
  const isThrottling = status === 429 || status === 503;
  const retryAfterMs = isThrottling ? parseRetryAfter(headers.get('retry-after'), parts.clock.nowMs()) : undefined;
  return afterFailure(delivery, failure, parts, retryAfterMs);
}

/** Sends one event to one endpoint and says what became of it. Does not reject. */
export async function attemptDelivery(delivery: ClaimedDelivery, parts: AttemptParts): Promise<DeliveryOutcome> {
  const { clock, secretBox } = parts;
  const startedAtMs = clock.nowMs();
  const secrets = delivery.secrets.map((secret) => secretBox.open(secret, delivery.endpointId)).filter((each) => each !== null);
  if (secrets.length === 0) return afterFailure(delivery, { error: unreadableSecret, latencyMs: 0 }, parts);
  const body = bodyOf(delivery);
  const message = { eventId: delivery.eventId, timestamp: Math.floor(startedAtMs / 1_000), body };
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'multi-ai-orchestrator-webhooks/1',
    ...signatureHeaders(message, secrets),
  };
  const result = await parts.fetch(delivery.url, { method: 'POST', headers, body, signal: parts.signal });
  const latencyMs = clock.nowMs() - startedAtMs;
  if (result.ok) return judge(delivery, result.response, latencyMs, parts);
  if (result.failure.code === 'aborted') return { outcome: 'released' };
  return afterFailure(delivery, { error: result.failure.message, latencyMs }, parts);
}

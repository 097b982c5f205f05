import { allWebhookEvents, type Issue, webhookEventTypes } from '@orchestrator/contracts';
import { nearMatches } from '@orchestrator/router';
import type { JsonBody } from '../http/json-body.ts';
import { parseBody } from '../http/parse-body.ts';
import type { Schema } from '../http/schema.ts';
import type { ApiDeps } from '../ports.ts';

const knownEvents: readonly string[] = [allWebhookEvents, ...webhookEventTypes];

function eventIssues(events: unknown): Issue[] {
  if (!Array.isArray(events)) return [];
  return events.flatMap((event: unknown, index) => {
    if (typeof event !== 'string' || knownEvents.includes(event)) return [];
    const near = nearMatches(event, webhookEventTypes).map((name) => `"${name}"`);
    const advice =
      near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are ${webhookEventTypes.join(', ')}, and * for all.`;
    const message = `Event type ${JSON.stringify(event.slice(0, 100))} is unknown. ${advice}`;
    return [{ pointer: `/events/${index}`, code: 'unknown-event-type', message }];
  });
}

/**
 * Parses what describes an endpoint. The URL comes back in its normal form, the one that is called.
 * @throws AppError `validation-failed` with all that is wrong
 */
export function parseWebhook<T extends { readonly url?: string | undefined }>(
  schema: Schema<T>,
  body: JsonBody,
  checkUrl: ApiDeps['checkWebhookUrl'],
): T {
  const { url, events } = (typeof body.value === 'object' && body.value !== null ? body.value : {}) as Record<string, unknown>;
  const verdict = typeof url === 'string' && url !== '' ? checkUrl(url) : undefined;
  const urlIssues = verdict?.ok === false ? [{ pointer: '/url', ...verdict.failure }] : [];
  const parsed = parseBody(schema, body, [...urlIssues, ...eventIssues(events)]);
  return verdict?.ok === true ? { ...parsed, url: verdict.url.href } : parsed;
}

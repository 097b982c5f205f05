import { replayWebhookRequestSchema, type WebhookReplayView, webhookReplaySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseBody } from '../http/parse-body.ts';
import type { Route } from '../http/route.ts';
import { isoTime } from '../views/webhook-view.ts';
import { parseWebhookRef, webhookDisabled, webhookNotFound } from '../webhooks/find-webhook.ts';
import { smallBodyBytes } from './limits.ts';

/** One transaction, and not more than an endpoint can take in a while. */
const maxReplayed = 1_000;

export function replayWebhookDeliveriesRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/webhooks/:id/replay',
    bodyLimitBytes: smallBodyBytes,
    keepsReply: true,
    doc: {
      operationId: 'replayWebhookDeliveries',
      summary: 'Deliver a range again',
      description: 'Events of a time, oldest first, up to 1,000 at a time, under the same `webhook-id`s.',
      tag: 'webhooks',
      body: replayWebhookRequestSchema,
      responses: {
        202: { description: 'How many.', schema: webhookReplaySchema },
        409: { description: 'The webhook is disabled.' },
      },
    },
    async handle(call) {
      const ref = parseWebhookRef(call.param('id'));
      const { from, to, status } = parseBody(replayWebhookRequestSchema, call.body);
      const range = { fromMs: Date.parse(from), toMs: Date.parse(to), status, limit: maxReplayed };
      const result = await context.store.replayWebhookDeliveries(ref, range);
      if (result.status === 'not-found') throw webhookNotFound();
      if (result.status === 'disabled') throw webhookDisabled();
      const { replayed, hasMore, lastCreatedAtMs } = result;
      const nextFrom = hasMore && lastCreatedAtMs !== undefined ? isoTime(lastCreatedAtMs) : undefined;
      const body: WebhookReplayView = { replayed, hasMore, ...(nextFrom !== undefined && { nextFrom }) };
      return { status: 202, body };
    },
  };
}

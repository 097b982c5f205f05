import { type WebhookWithSecret, webhookWithSecretSchema } from '@orchestrator/contracts';
import { newWebhookSecret } from '@orchestrator/webhooks';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { isoTime, toWebhookView } from '../views/webhook-view.ts';
import { parseWebhookRef, webhookNotFound } from '../webhooks/find-webhook.ts';

/** Receivers have a day to change over; until then every message is signed with both. */
const overlapMs = 24 * 3_600_000;

/** Takes no body: what is sent is ignored. */
export function rotateWebhookSecretRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/webhooks/:id/rotate-secret',
    keepsReply: true,
    doc: {
      operationId: 'rotateWebhookSecret',
      summary: 'Replace the signing secret',
      description: 'The answer shows the new secret, this once. For a day messages are signed with the one before it too.',
      tag: 'webhooks',
      responses: { 200: { description: 'The webhook with its new secret.', schema: webhookWithSecretSchema } },
    },
    async handle(call) {
      const ref = parseWebhookRef(call.param('id'));
      const secret = newWebhookSecret();
      const sealed = context.secretBox.seal(secret, ref.endpointId);
      const rotated = await context.store.rotateWebhookSecret({ ...ref, secret: sealed, overlapMs });
      if (rotated === null) throw webhookNotFound();
      const previousSecretExpiresAt = isoTime(rotated.previousExpiresAtMs);
      const body: WebhookWithSecret = { ...toWebhookView(rotated.endpoint), secret, previousSecretExpiresAt };
      return { status: 200, body };
    },
  };
}

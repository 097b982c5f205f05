import { webhookDeliverySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { toDeliveryView } from '../views/webhook-view.ts';
import { deliveryNotFound, parseDeliveryId, parseWebhookRef, webhookDisabled } from '../webhooks/find-webhook.ts';

/** Takes no body: what is sent is ignored. */
export function replayWebhookDeliveryRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/webhooks/:id/deliveries/:deliveryId/replay',
    keepsReply: true,
    doc: {
      operationId: 'replayWebhookDelivery',
      summary: 'Deliver again',
      description: 'Starts its schedule anew, at once and under the same `webhook-id`, whatever became of it before.',
      tag: 'webhooks',
      responses: {
        202: { description: 'The delivery.', schema: webhookDeliverySchema },
        409: { description: 'The webhook is disabled.' },
      },
    },
    async handle(call) {
      const ref = parseWebhookRef(call.param('id'));
      const deliveryId = parseDeliveryId(call.param('deliveryId'));
      const result = await context.store.replayWebhookDeliveries(ref, { deliveryId });
      if (result.status === 'disabled') throw webhookDisabled();
      const delivery = result.status === 'replayed' ? await context.store.getWebhookDelivery({ ...ref, deliveryId }) : null;
      if (delivery === null) throw deliveryNotFound();
      return { status: 202, body: toDeliveryView(delivery) };
    },
  };
}

import { webhookDeliverySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { toDeliveryView } from '../views/webhook-view.ts';
import { deliveryNotFound, parseDeliveryId, parseWebhookRef } from '../webhooks/find-webhook.ts';

export function getWebhookDeliveryRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/webhooks/:id/deliveries/:deliveryId',
    doc: {
      operationId: 'getWebhookDelivery',
      summary: 'Show a delivery',
      tag: 'webhooks',
      responses: { 200: { description: 'What was sent, and how the last attempt went.', schema: webhookDeliverySchema } },
    },
    async handle(call) {
      const deliveryId = parseDeliveryId(call.param('deliveryId'));
      const delivery = await context.store.getWebhookDelivery({ ...parseWebhookRef(call.param('id')), deliveryId });
      if (delivery === null) throw deliveryNotFound();
      return { status: 200, body: toDeliveryView(delivery) };
    },
  };
}

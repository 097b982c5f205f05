import { webhookDeliverySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { toDeliveryView } from '../views/webhook-view.ts';
import { findWebhook, parseWebhookRef, webhookDisabled } from '../webhooks/find-webhook.ts';

/** Takes no body: what is sent is ignored. */
export function testWebhookRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/webhooks/:id/test',
    keepsReply: true,
    doc: {
      operationId: 'testWebhook',
      summary: 'Send a test event',
      description:
        'An event of the type `webhook.test` is delivered like any other, whatever the filter says. Look at the delivery to see how it went.',
      tag: 'webhooks',
      responses: {
        202: { description: 'The delivery.', schema: webhookDeliverySchema, headers: { Location: 'Path of the delivery.' } },
        409: { description: 'The webhook is disabled.' },
      },
    },
    async handle(call) {
      const { id } = await findWebhook(context.store, call.param('id'));
      const eventId = `msg_${context.newId().replaceAll('-', '')}`;
      const delivery = await context.store.sendWebhookTest({ ...parseWebhookRef(id), eventId });
      if (delivery === null) throw webhookDisabled();
      const body = toDeliveryView(delivery);
      return { status: 202, body, headers: { Location: body.links.self } };
    },
  };
}

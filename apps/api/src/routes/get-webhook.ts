import { webhookEndpointViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { toWebhookView } from '../views/webhook-view.ts';
import { findWebhook } from '../webhooks/find-webhook.ts';

export function getWebhookRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/webhooks/:id',
    doc: {
      operationId: 'getWebhook',
      summary: 'Show a webhook',
      tag: 'webhooks',
      responses: { 200: { description: 'The webhook.', schema: webhookEndpointViewSchema } },
    },
    async handle(call) {
      return { status: 200, body: toWebhookView(await findWebhook(context.store, call.param('id'))) };
    },
  };
}

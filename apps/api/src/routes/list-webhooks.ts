import { webhookListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { tenantId } from '../tenant.ts';
import { toWebhookView } from '../views/webhook-view.ts';

export function listWebhooksRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/webhooks',
    doc: {
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      tag: 'webhooks',
      responses: { 200: { description: 'All of them, newest first.', schema: webhookListSchema } },
    },
    async handle() {
      const endpoints = await context.store.listWebhookEndpoints(tenantId);
      return { status: 200, body: { webhooks: endpoints.map(toWebhookView) } };
    },
  };
}

import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { parseWebhookRef, webhookNotFound } from '../webhooks/find-webhook.ts';

export function deleteWebhookRoute(context: ApiContext): Route {
  return {
    method: 'DELETE',
    path: '/api/webhooks/:id',
    doc: {
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'It is told nothing more, and its log is hidden with it.',
      tag: 'webhooks',
      responses: { 204: { description: 'It is deleted.' } },
    },
    async handle(call) {
      if (!(await context.store.deleteWebhookEndpoint(parseWebhookRef(call.param('id'))))) throw webhookNotFound();
      return { status: 204 };
    },
  };
}

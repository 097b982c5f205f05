import { listWebhookDeliveriesQuerySchema, webhookDeliveryListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { pageHeaders } from '../http/documented-headers.ts';
import { nextLink } from '../http/next-link.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { toDeliverySummaryView } from '../views/webhook-view.ts';
import { parseWebhookRef, webhookNotFound } from '../webhooks/find-webhook.ts';

export function listWebhookDeliveriesRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/webhooks/:id/deliveries',
    query: 'own',
    doc: {
      operationId: 'listWebhookDeliveries',
      summary: 'List deliveries of a webhook',
      tag: 'webhooks',
      query: listWebhookDeliveriesQuerySchema,
      responses: { 200: { description: 'A page, newest first.', schema: webhookDeliveryListSchema, headers: pageHeaders } },
    },
    async handle(call) {
      const ref = parseWebhookRef(call.param('id'));
      const query = parseQuery(listWebhookDeliveriesQuerySchema, call.query);
      const page = await context.store.listWebhookDeliveries({ ...ref, ...omitUndefined(query) });
      if (page === null) throw webhookNotFound();
      const headers = page.nextCursor === undefined ? {} : { Link: nextLink(call, page.nextCursor) };
      return { status: 200, headers, body: { ...page, deliveries: page.deliveries.map(toDeliverySummaryView) } };
    },
  };
}

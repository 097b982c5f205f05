import { updateWebhookRequestSchema, webhookEndpointViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { toWebhookView } from '../views/webhook-view.ts';
import { parseWebhookRef, webhookNotFound } from '../webhooks/find-webhook.ts';
import { parseWebhook } from '../webhooks/parse-webhook.ts';
import { smallBodyBytes } from './limits.ts';

export function updateWebhookRoute(context: ApiContext): Route {
  return {
    method: 'PATCH',
    path: '/api/webhooks/:id',
    bodyLimitBytes: smallBodyBytes,
    doc: {
      operationId: 'updateWebhook',
      summary: 'Change, disable or enable a webhook',
      description: 'What is left out stays. What waits for a webhook that is disabled is cancelled.',
      tag: 'webhooks',
      body: updateWebhookRequestSchema,
      responses: { 200: { description: 'The webhook.', schema: webhookEndpointViewSchema } },
    },
    async handle(call) {
      const ref = parseWebhookRef(call.param('id'));
      const patch = parseWebhook(updateWebhookRequestSchema, call.body, context.checkWebhookUrl);
      const endpoint = await context.store.updateWebhookEndpoint(ref, omitUndefined(patch));
      if (endpoint === null) throw webhookNotFound();
      return { status: 200, body: toWebhookView(endpoint) };
    },
  };
}

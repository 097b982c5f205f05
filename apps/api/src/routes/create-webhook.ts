import { AppError, createWebhookRequestSchema, type WebhookWithSecret, webhookWithSecretSchema } from '@orchestrator/contracts';
import { newWebhookSecret } from '@orchestrator/webhooks';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { toWebhookView } from '../views/webhook-view.ts';
import { parseWebhook } from '../webhooks/parse-webhook.ts';
import { smallBodyBytes } from './limits.ts';

export function createWebhookRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/webhooks',
    bodyLimitBytes: smallBodyBytes,
    keepsReply: true,
    doc: {
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description: 'From now on its URL is told of the events it asks for. The answer shows the signing secret, this once.',
      tag: 'webhooks',
      body: createWebhookRequestSchema,
      responses: {
        201: { description: 'The webhook.', schema: webhookWithSecretSchema, headers: { Location: 'Path of the webhook.' } },
        409: { description: 'There are as many webhooks as there may be.' },
      },
    },
    async handle(call) {
      const request = parseWebhook(createWebhookRequestSchema, call.body, context.checkWebhookUrl);
      const id = context.newId();
      const secret = newWebhookSecret();
      const stored = { id, tenantId, secret: context.secretBox.seal(secret, id), ...omitUndefined(request) };
      const endpoint = await context.store.createWebhookEndpoint(stored);
      if (endpoint === null) throw new AppError('conflict', 'There are as many webhooks as there may be: delete one first.');
      const body: WebhookWithSecret = { ...toWebhookView(endpoint), secret };
      return { status: 201, body, headers: { Location: body.links.self } };
    },
  };
}

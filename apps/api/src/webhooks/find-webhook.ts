import { AppError, type WebhookEndpointRecord } from '@orchestrator/contracts';
import type { ApiStore } from '../ports.ts';
import { isUuid } from '../runs/find-job.ts';
import { tenantId } from '../tenant.ts';

export function webhookNotFound(): AppError {
  return new AppError('not-found', 'There is no such webhook.');
}

export function deliveryNotFound(): AppError {
  return new AppError('not-found', 'There is no such delivery.');
}

export function webhookDisabled(): AppError {
  return new AppError('conflict', 'The webhook is disabled: enable it first.');
}

/** The endpoint that a path names. What is no UUID never reaches the database. @throws AppError `not-found` */
export function parseWebhookRef(text: string): { readonly tenantId: string; readonly endpointId: string } {
  const endpointId = text.toLowerCase();
  if (!isUuid(endpointId)) throw webhookNotFound();
  return { tenantId, endpointId };
}

/** @throws AppError `not-found` */
export function parseDeliveryId(text: string): string {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw deliveryNotFound();
  return id;
}

/** @throws AppError `not-found` */
export async function findWebhook(store: Pick<ApiStore, 'getWebhookEndpoint'>, id: string): Promise<WebhookEndpointRecord> {
  const endpoint = await store.getWebhookEndpoint(parseWebhookRef(id));
  if (endpoint === null) throw webhookNotFound();
  return endpoint;
}

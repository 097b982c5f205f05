export {
  createDeliverer,
  type Deliverer,
  type DelivererCounts,
  type DelivererOptions,
  type DelivererPorts,
} from './create-deliverer.ts';
export type { DeliveryStore } from './ports.ts';
export { createSecretBox, type SecretBox } from './secret-box.ts';
export { newWebhookSecret } from './signature.ts';
export { createWebhookFetch, createWebhookUrlCheck } from './webhook-fetch.ts';

import type { ChatRequest } from './to-request.ts';

/**
 * An `adjustRequest` that asks for models by the vendor's own ids where the catalogue knows them by another name.
 * @param vendorIds - catalogue model → the vendor's id; the row lists it as an alias, since the vendor answers with it
 */
export function withVendorModels(vendorIds: Readonly<Record<string, string>>): (request: ChatRequest) => ChatRequest {
  const ids = new Map(Object.entries(vendorIds));
  return (request) => ({ ...request, model: ids.get(request.model) ?? request.model });
}

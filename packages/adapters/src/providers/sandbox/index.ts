import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { sandboxModels } from './models.ts';
import { sandboxProtocol } from './protocol.ts';

const profile = {
  id: 'sandbox',
  displayName: 'Sandbox',
  defaultBaseUrl: 'sandbox:',
  defaultModel: 'sandbox',
  models: sandboxModels,
  requiresKey: false,
  priceLibraryId: null,
};

/** Built in, free and labelled as such in every answer; answers when no provider has a key. Needs none itself. */
export const sandbox: ProviderDefinition = {
  ...profile,
  createAdapter: () => createAdapter(profile, {}, () => sandboxProtocol),
};

import { providerListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { toProviderView } from '../views/provider-view.ts';

const doc: RouteDoc = {
  operationId: 'listProviders',
  summary: 'List the providers',
  tag: 'providers',
  responses: { 200: { description: 'The built-in providers, and the endpoints that were added.', schema: providerListSchema } },
};

/** The built-in providers, and beside them the endpoints that the configuration adds. */
export function listProvidersRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/ai/providers',
    handle() {
      const all = context.router.providersInfo();
      const isCustom = ({ name }: { readonly name: string }) => context.customProviderIds.has(name);
      const builtIn = all.filter((provider) => !isCustom(provider));
      const custom = all.filter(isCustom);
      return {
        status: 200,
        body: {
          total: builtIn.length,
          active: builtIn.filter(({ isConfigured }) => isConfigured).length,
          providers: builtIn.map(toProviderView),
          ...(custom.length === 0 ? {} : { custom: custom.map(toProviderView) }),
        },
      };
    },
  };
}

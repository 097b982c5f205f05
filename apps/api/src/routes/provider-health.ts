import { providersHealthSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { withCircuits } from '../health/circuit-reports.ts';
import type { Route, RouteDoc } from '../http/route.ts';

const doc: RouteDoc = {
  operationId: 'getProvidersHealth',
  summary: 'Ask the providers whether they answer',
  description: 'At most once in 10 s. No part of readiness.',
  tag: 'providers',
  responses: { 200: { description: 'What the configured providers said.', schema: providersHealthSchema } },
};

/** Whether the configured providers answer. Says nothing about this process: always 200, and no part of readiness. */
export function providerHealthRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/ai/health',
    async handle() {
      return { status: 200, body: withCircuits(await context.router.health(), context.circuitReports.read()) };
    },
  };
}

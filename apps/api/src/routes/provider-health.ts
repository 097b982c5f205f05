import type { ApiContext } from '../context.ts';
import { withCircuits } from '../health/circuit-reports.ts';
import type { Route } from '../http/route.ts';

/** Whether the configured providers answer. Says nothing about this process: always 200, and no part of readiness. */
export function providerHealthRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/ai/health',
    async handle() {
      return { status: 200, body: withCircuits(await context.router.health(), context.circuitReports.read()) };
    },
  };
}

import { type EstimateResponse, estimateResponseSchema, generateRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { modelRequestOf, parseModelRequest } from '../runs/check-request.ts';
import { callExample } from './body-examples.ts';
import { smallBodyBytes } from './limits.ts';

type Estimate = ReturnType<ApiContext['router']['estimateAll']>[number];

function leastOf(estimates: readonly Estimate[], figureOf: (estimate: Estimate) => number | null): string | null {
  const able = estimates.filter(({ canServe }) => canServe);
  const figure = (estimate: Estimate) => figureOf(estimate) ?? Number.POSITIVE_INFINITY;
  const [first, ...others] = able;
  if (first === undefined) return null;
  return others.reduce((best, next) => (figure(next) < figure(best) ? next : best), first).provider;
}

const doc: RouteDoc = {
  operationId: 'estimate',
  summary: 'Price a call at every provider',
  description: 'Takes the body of `generate` and calls nobody.',
  tag: 'ai',
  body: generateRequestSchema,
  bodyExample: callExample,
  responses: { 200: { description: 'What the call would cost, provider by provider.', schema: estimateResponseSchema } },
};

/** What a request would cost, provider by provider. Calls nobody. */
export function estimateRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/ai/estimate',
    bodyLimitBytes: smallBodyBytes,
    handle(call) {
      const request = modelRequestOf(parseModelRequest(context.router, call.body));
      const estimates = context.router.estimateAll(request);
      const planned = context.router.plan(request);
      const body: EstimateResponse = {
        cheapest: leastOf(estimates, ({ expectedCostUSD }) => expectedCostUSD),
        fastest: leastOf(estimates, ({ latencyMs }) => latencyMs),
        selected: planned.ok ? planned.plan.provider : null,
        requiresApproval: planned.ok && planned.plan.approval !== undefined,
        thresholdUSD: context.approvalThresholdUSD,
        ...(planned.ok ? {} : { reason: planned.error.message }),
        estimates,
      };
      return { status: 200, body };
    },
  };
}

import {
  AppError,
  type GenerateRequest,
  generateRequestSchema,
  type Issue,
  type ModelRequest,
  modelNamesSchema,
  type RoutingRejection,
  validationError,
} from '@orchestrator/contracts';
import type { JsonBody } from '../http/json-body.ts';
import { parseBody } from '../http/parse-body.ts';
import { checkSchema } from '../http/schema.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ApiRouter } from '../ports.ts';

/** Parses a model request; one answer names the broken rules and the unknown names. @throws AppError `validation-failed` */
export function parseModelRequest(router: Pick<ApiRouter, 'checkNames'>, body: JsonBody): GenerateRequest {
  const names = checkSchema(modelNamesSchema, body.value);
  const unknown = names.ok ? router.checkNames(omitUndefined(names.data)) : [];
  return parseBody(generateRequestSchema, body, unknown);
}

/** What of a request is for a model; the rest steers the run. */
export function modelRequestOf(request: GenerateRequest): ModelRequest {
  const { userId, tags, priority, maxCostUSD, timeoutMs, explain, live, ...modelRequest } = request;
  return omitUndefined(modelRequest);
}

function toIssue(rejection: RoutingRejection, request: ModelRequest): Issue {
  const { code, reason, provider } = rejection;
  if (code === 'max-tokens' && request.maxTokens !== undefined) return { pointer: '/maxTokens', code, message: reason, provider };
  if (request.provider === provider) return { pointer: '/provider', code, message: reason, provider };
  return { pointer: '', code, message: reason, provider };
}

/**
 * Refuses what no configured provider can ever serve.
 * @throws AppError `no-provider` or `validation-failed`, with the reason of each provider
 */
function assertServable(router: Pick<ApiRouter, 'checkServable'>, request: ModelRequest): void {
  const refusal = router.checkServable(request);
  if (refusal === null) return;
  const issues = refusal.rejected.map((rejection) => toIssue(rejection, request));
  if (refusal.kind === 'not-capable') throw validationError(issues, refusal.message);
  throw new AppError('no-provider', refusal.message, { details: { issues } });
}

/** Looks ahead at what a worker will make of a request. @throws AppError when no provider can serve it */
export type RequestForecast = (request: ModelRequest) => { readonly needsApproval: boolean };

/**
 * Where this process has no key it can't know what the workers have, so it leaves every question to them. What is configured
 * does not change while it runs.
 */
export function createRequestForecast(router: Pick<ApiRouter, 'plan' | 'checkServable' | 'providersInfo'>): RequestForecast {
  const isAnyConfigured = router.providersInfo().some(({ isConfigured }) => isConfigured);
  return (request) => {
    if (!isAnyConfigured) return { needsApproval: false };
    const planned = router.plan(request);
    if (!planned.ok) assertServable(router, request);
    return { needsApproval: planned.ok && planned.plan.approval !== undefined };
  };
}

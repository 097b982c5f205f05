import {
  type GenerateRequest,
  type JsonObject,
  type JsonValue,
  type NewRun,
  nanoUsdFromUsd,
  type RunWorkflowRequest,
} from '@orchestrator/contracts';
import type { Call } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { canonicalSha256 } from './canonical-json.ts';
import type { DefinitionFacts } from './definitions.ts';

/** Limit of a `generate` run that names none, apart from the time that an approval takes. */
const generateTimeoutMs = 300_000;

/** What a run inherits of the HTTP request that starts it. */
function originOf(call: Call) {
  const { idempotencyKey, path, body } = call;
  return {
    tenantId,
    requestId: call.requestId,
    idempotencyKey,
    requestSha256: idempotencyKey === undefined ? undefined : canonicalSha256({ path, body: body.value }),
    traceparent: call.traceparent,
  };
}

function distinctTags(...lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const tags = new Set(lists.flatMap((list) => list ?? []).filter((tag) => tag !== ''));
  return tags.size === 0 ? undefined : [...tags];
}

/**
 * The run behind `POST /api/ai/generate`: its input is the model request, without the fields that steer the run.
 * @param approvalMs - how long the run may wait for an approval, where it will need one, in milliseconds
 */
export function newGenerateRun(id: string, request: GenerateRequest, call: Call, approvalMs: number): NewRun {
  const { userId, tags, priority, maxCostUSD, timeoutMs, live, ...modelRequest } = request;
  return omitUndefined({
    ...originOf(call),
    id,
    kind: 'generate' as const,
    userId,
    workflowName: 'generate',
    tags: distinctTags(tags),
    input: omitUndefined(modelRequest) as JsonObject,
    priority: priority ?? 'normal',
    maxCostNanoUsd: maxCostUSD === undefined ? undefined : nanoUsdFromUsd(maxCostUSD),
    timeoutMs: timeoutMs ?? generateTimeoutMs + approvalMs,
    live,
  });
}

export interface WorkflowSource {
  readonly workflowId?: string;
  readonly definition: JsonObject;
  readonly facts: DefinitionFacts;
}

/** The run behind `POST /api/workflows/run`. */
export function newWorkflowRun(id: string, request: RunWorkflowRequest, source: WorkflowSource, call: Call): NewRun {
  return omitUndefined({
    ...originOf(call),
    id,
    kind: 'workflow' as const,
    userId: request.userId,
    workflowId: source.workflowId,
    workflowName: source.facts.name,
    workflowVersion: source.facts.version,
    definitionSha256: source.facts.sha256,
    definition: source.definition,
    tags: distinctTags(source.facts.tags, request.tags),
    input: (request.input === undefined ? {} : request.input) as JsonValue,
    priority: request.priority ?? source.facts.priority ?? 'normal',
    maxCostNanoUsd: source.facts.maxCostNanoUsd,
    timeoutMs: source.facts.timeoutMs,
    live: request.live,
  });
}

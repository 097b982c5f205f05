import {
  AppError,
  type JsonObject,
  type RunWorkflowRequest,
  runResponseSchema,
  runWorkflowRequestSchema,
} from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { objectField, parseBody } from '../http/parse-body.ts';
import type { Call, Route, RouteDoc } from '../http/route.ts';
import { issuesUnder } from '../runs/definitions.ts';
import { newWorkflowRun, type WorkflowSource } from '../runs/new-run.ts';
import { tenantId } from '../tenant.ts';
import { acceptedRunResponse, toRunResponse } from '../views/run-response.ts';
import { workflowExample } from './body-examples.ts';
import { workflowBodyBytes } from './limits.ts';
import { answerSubmission, inUseHeaders, submissionHeaders, submittedHeaders } from './submission.ts';

async function savedSource(context: ApiContext, workflowId: string): Promise<WorkflowSource> {
  const saved = await context.store.getWorkflow({ tenantId, workflowId });
  if (saved === null) throw new AppError('not-found', 'There is no such workflow.');
  if (saved.status === 'archived') throw new AppError('conflict', 'The workflow is archived.');
  const checked = context.checkDefinition(saved.definition);
  if (!checked.ok) {
    throw new AppError('conflict', 'The saved workflow is not valid in this version of the server.', {
      details: { issues: issuesUnder('/definition', checked.issues) },
    });
  }
  return {
    workflowId: saved.workflowId,
    definition: saved.definition,
    facts: { ...checked.facts, sha256: saved.definitionSha256 },
  };
}

/** Parses the body together with an inline workflow, so that one answer names every mistake in both. */
function parseRequest(context: ApiContext, call: Call): { request: RunWorkflowRequest; inline: WorkflowSource | null } {
  const document = objectField(call.body, 'workflow') as JsonObject | undefined;
  if (document === undefined) return { request: parseBody(runWorkflowRequestSchema, call.body), inline: null };
  const checked = context.checkDefinition(document);
  const request = parseBody(runWorkflowRequestSchema, call.body, checked.ok ? [] : issuesUnder('/workflow', checked.issues));
  return { request, inline: checked.ok ? { definition: document, facts: checked.facts } : null };
}

const doc: RouteDoc = {
  operationId: 'runWorkflow',
  summary: 'Run a workflow',
  description: `Stored as a job first, then waited for. Disconnecting cancels nothing: the job goes on, and
\`GET /api/jobs/{id}\` has its result.`,
  tag: 'workflows',
  headers: submissionHeaders,
  body: runWorkflowRequestSchema,
  bodyExample: { workflow: workflowExample, input: { name: 'Ada' } },
  responses: {
    200: {
      description: 'The run is finished, also when it failed or was cancelled: look at `status`.',
      schema: runResponseSchema,
      headers: submittedHeaders,
    },
    202: {
      description: 'The wait is over, or the run waits for approval. The run goes on.',
      schema: runResponseSchema,
      headers: { ...submittedHeaders, Location: 'The job.' },
    },
    404: { description: 'There is no workflow with this `workflowId`.' },
    409: {
      description: `The saved workflow is archived, or not valid in this version of the server; or the first request with this
\`Idempotency-Key\` is still being answered.`,
      headers: inUseHeaders,
    },
  },
};

export function runWorkflowRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/workflows/run',
    bodyLimitBytes: workflowBodyBytes,
    isSubmission: true,
    async handle(call) {
      const { request, inline } = parseRequest(context, call);
      const source = inline ?? (await savedSource(context, String(request.workflowId)));
      const run = newWorkflowRun(context.newId(), request, source, call);
      return answerSubmission(context, call, run, {
        finished: (snapshot) => ({ status: 200, body: toRunResponse(snapshot, context.clock.nowMs()) }),
        pending: (runId, snapshot) =>
          snapshot === null ? acceptedRunResponse(runId) : toRunResponse(snapshot, context.clock.nowMs()),
      });
    },
  };
}

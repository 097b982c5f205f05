import { AppError, createWorkflowRequestSchema, createWorkflowResponseSchema, type JsonObject } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { objectField, parseBody } from '../http/parse-body.ts';
import type { Call, Route, RouteDoc } from '../http/route.ts';
import type { DefinitionFacts } from '../runs/definitions.ts';
import { nameDefinition } from '../runs/named-definition.ts';
import { tenantId } from '../tenant.ts';
import { toWorkflowView } from '../views/workflow-view.ts';
import { workflowExample } from './body-examples.ts';
import { workflowBodyBytes } from './limits.ts';

interface NewWorkflow {
  readonly status: 'active' | 'draft';
  readonly definition: JsonObject;
  readonly facts: DefinitionFacts;
}

function parseRequest(context: ApiContext, call: Call): NewWorkflow {
  const submitted = objectField(call.body, 'definition') as JsonObject | undefined;
  if (submitted === undefined) {
    parseBody(createWorkflowRequestSchema, call.body);
    throw new TypeError('the schema accepted a body without a definition');
  }
  const named = nameDefinition(call.body.value as Readonly<Record<string, unknown>>, submitted);
  const checked = context.checkDefinition(named.document);
  const issues = checked.ok ? named.issues : [...named.issues, ...checked.issues.map(named.toBodyIssue)];
  const request = parseBody(createWorkflowRequestSchema, call.body, issues);
  if (!checked.ok) throw new TypeError('a definition with issues passed');
  return { status: request.status ?? 'active', definition: named.document, facts: checked.facts };
}

const doc: RouteDoc = {
  operationId: 'createWorkflow',
  summary: 'Save a workflow under its name and version',
  description: 'Can be repeated. A version that has run keeps its definition.',
  tag: 'workflows',
  body: createWorkflowRequestSchema,
  bodyExample: { definition: workflowExample },
  responses: {
    200: { description: 'It was there before: `updated` or `unchanged`.', schema: createWorkflowResponseSchema },
    201: { description: 'It is new.', schema: createWorkflowResponseSchema },
    409: { description: 'This version has been run with another definition.' },
  },
};

export function createWorkflowRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/workflows/create',
    bodyLimitBytes: workflowBodyBytes,
    keepsReply: true,
    async handle(call) {
      const { status, definition, facts } = parseRequest(context, call);
      const { name, version, sha256: definitionSha256 } = facts;
      const saved = await context.store.saveWorkflow({ tenantId, name, version, status, definition, definitionSha256 });
      if (saved.status === 'immutable') {
        throw new AppError('conflict', 'This version has been run with another definition: save the change as a new version.');
      }
      return {
        status: saved.status === 'created' ? 201 : 200,
        body: { success: true, outcome: saved.status, ...toWorkflowView(saved.workflow) },
      };
    },
  };
}

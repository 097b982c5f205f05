import { validateWorkflowRequestSchema, validateWorkflowResponseSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { objectField, parseBody } from '../http/parse-body.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { issuesUnder } from '../runs/definitions.ts';
import { workflowExample } from './body-examples.ts';
import { workflowBodyBytes } from './limits.ts';

const doc: RouteDoc = {
  operationId: 'validateWorkflow',
  summary: 'Check a workflow',
  description: 'Stores nothing.',
  tag: 'workflows',
  body: validateWorkflowRequestSchema,
  bodyExample: { workflow: workflowExample },
  responses: {
    200: { description: 'It can run; `warnings` are no rules.', schema: validateWorkflowResponseSchema },
    422: { description: 'It breaks rules; `errors` has all of them.' },
  },
};

export function validateWorkflowRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/workflows/validate',
    bodyLimitBytes: workflowBodyBytes,
    handle(call) {
      const document = objectField(call.body, 'workflow');
      const verdict = document === undefined ? undefined : context.validateWorkflow(document);
      const issues = verdict === undefined || verdict.ok ? [] : issuesUnder('/workflow', verdict.issues);
      parseBody(validateWorkflowRequestSchema, call.body, issues);
      const warnings = verdict?.ok === true ? issuesUnder('/workflow', verdict.warnings) : [];
      return { status: 200, body: { valid: true, warnings } };
    },
  };
}

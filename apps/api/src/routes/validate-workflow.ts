import { validateWorkflowRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { objectField, parseBody } from '../http/parse-body.ts';
import type { Route } from '../http/route.ts';
import { issuesUnder } from '../runs/definitions.ts';
import { workflowBodyBytes } from './limits.ts';

export function validateWorkflowRoute(context: ApiContext): Route {
  return {
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

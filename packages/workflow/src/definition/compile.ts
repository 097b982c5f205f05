import { validationError } from '@orchestrator/contracts';
import { defaultStepTimeoutMs } from './build-plan.ts';
import type { WorkflowPlan } from './plan.ts';
import { resolveRetry } from './retry.ts';
import { validateWorkflow } from './validate.ts';

/**
 * Compiles a stored definition. The plan depends on nothing else, so it can be kept for as long as the definition.
 * @throws AppError `validation-failed` when this version of the language doesn't accept the definition
 */
export function compileWorkflow(definition: unknown): WorkflowPlan {
  const result = validateWorkflow(definition);
  if (!result.ok) throw validationError(result.issues, 'The stored workflow definition breaks one or more rules.');
  return result.plan;
}

const plan: WorkflowPlan = {
  name: 'generate',
  version: 1,
  timeoutMs: 86_400_000,
  entry: 'generate',
  steps: new Map([
    [
      'generate',
      {
        id: 'generate',
        index: 0,
        action: 'generate',
        definition: { id: 'generate', action: 'generate', input: {} },
        retry: resolveRetry(undefined, undefined),
        hasRetry: false,
        timeoutMs: defaultStepTimeoutMs,
        next: { onSuccess: { type: 'end' }, onFailure: null },
        templates: {},
      },
    ],
  ]),
};

/** The plan of a `generate` request: one step, one attempt. Its request is the run's input, taken literally: no template in it is filled in. */
export function generatePlan(): WorkflowPlan {
  return plan;
}

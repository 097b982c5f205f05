import type { JsonObject, JsonValue, StepErrorName } from '@orchestrator/contracts';
import { StepFailure } from '../step-failure.ts';
import { renderTemplates } from '../template/templates.ts';
import type { Action } from './action.ts';

/** Ends the step with a `Custom.*` error, which `onFailure` and `retryOn` see like any other. */
export const failAction: Action = {
  name: 'fail',
  prepare(step, { scope }) {
    if (step.action !== 'fail') throw new TypeError(`not a fail step: ${step.id}`);
    const message =
      step.templates.message === undefined
        ? 'The workflow failed here on purpose.'
        : renderTemplates(step.templates.message, scope);
    return { type: 'instant', input: { error: step.definition.error ?? 'Custom.Failed', message: asText(message) } };
  },
  execute(input: JsonValue): JsonValue {
    const { error, message } = input as JsonObject;
    throw new StepFailure({ name: error as StepErrorName, message: String(message), retryable: true });
  },
};

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

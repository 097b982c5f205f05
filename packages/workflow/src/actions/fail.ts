import { type JsonObject, type JsonValue, type StepErrorName, toStorableText } from '@orchestrator/contracts';
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
    throw new StepFailure({ name: error as StepErrorName, message: shortened(String(message)), retryable: true });
  },
};

/** The message is stored with every attempt, event and audit entry of the step, up to a hundred times. */
const longestMessage = 1_000;

function shortened(message: string): string {
  return message.length <= longestMessage ? message : `${toStorableText(message.slice(0, longestMessage - 1))}…`;
}

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

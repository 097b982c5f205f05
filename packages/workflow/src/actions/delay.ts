import type { JsonValue } from '@orchestrator/contracts';
import { StepFailure, stepError } from '../step-failure.ts';
import { renderTemplates } from '../template/templates.ts';
import type { Action } from './action.ts';

const maxDelayMs = 31_536_000_000;

function invalid(message: string): StepFailure {
  return new StepFailure(stepError('Step.SchemaInvalid', message, { retryable: false }));
}

function delayOf(value: JsonValue): number {
  const delayMs = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof delayMs !== 'number' || !(delayMs >= 0 && delayMs <= maxDelayMs)) {
    throw invalid(`delayMs must be a number from 0 to ${maxDelayMs}, not ${JSON.stringify(value)?.slice(0, 100)}`);
  }
  return Math.round(delayMs);
}

function instantOf(value: JsonValue): number {
  const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) throw invalid(`until must be an ISO 8601 instant, not ${JSON.stringify(value)?.slice(0, 100)}`);
  return atMs;
}

/** Waits for a time or until a moment; a long wait holds no worker. */
export const delayAction: Action = {
  name: 'delay',
  prepare(step, { scope, nowMs }) {
    if (step.action !== 'delay') throw new TypeError(`not a delay step: ${step.id}`);
    const { delayMs, until } = step.templates;
    if (until !== undefined) {
      const value = renderTemplates(until, scope);
      const dueAtMs = Math.min(Math.max(nowMs, instantOf(value)), nowMs + maxDelayMs);
      return { type: 'wait', input: { until: value }, dueAtMs };
    }
    const waitMs = delayOf(delayMs === undefined ? 0 : renderTemplates(delayMs, scope));
    return { type: 'wait', input: { delayMs: waitMs }, dueAtMs: nowMs + waitMs };
  },
};

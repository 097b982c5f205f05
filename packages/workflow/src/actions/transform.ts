import { renderTemplates } from '../template/templates.ts';
import type { Action } from './action.ts';

/** Builds a value from templates; the value is the output. */
export const transformAction: Action = {
  name: 'transform',
  prepare(step, { scope }) {
    if (step.action !== 'transform') throw new TypeError(`not a transform step: ${step.id}`);
    return { type: 'instant', input: renderTemplates(step.templates.set, scope) };
  },
  execute: (input) => input,
};

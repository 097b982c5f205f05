import type { Action } from './action.ts';

/** Does nothing; a place to jump to. */
export const noopAction: Action = {
  name: 'noop',
  prepare: () => ({ type: 'instant', input: null }),
  execute: () => null,
};

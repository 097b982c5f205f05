import type { ActionName } from '@orchestrator/contracts';
import type { Action } from './action.ts';
import { delayAction } from './delay.ts';
import { failAction } from './fail.ts';
import { generateAction } from './generate.ts';
import { noopAction } from './noop.ts';
import { transformAction } from './transform.ts';

/** Every action, by name: a new one is a file of its own and a line here. */
export const actions = {
  delay: delayAction,
  fail: failAction,
  generate: generateAction,
  noop: noopAction,
  transform: transformAction,
} as const satisfies Record<ActionName, Action>;

/** @throws StepFailure */
export function executeInstantAction(name: string, input: Parameters<NonNullable<Action['execute']>>[0]) {
  const action: Action | undefined = Object.hasOwn(actions, name) ? actions[name as ActionName] : undefined;
  if (action?.execute === undefined) throw new TypeError(`action ${name} has no instant result`);
  return action.execute(input);
}

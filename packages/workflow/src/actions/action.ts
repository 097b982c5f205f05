import type { ActionName, JsonValue, ModelRequest, RunKind } from '@orchestrator/contracts';
import type { PlannedStep } from '../definition/plan.ts';
import type { TemplateScope } from '../template/scope.ts';

/** What an action knows when its step starts. */
export interface ActionContext {
  readonly runKind: RunKind;
  readonly runInput: JsonValue;
  readonly scope: TemplateScope;
  /** Database clock, Unix milliseconds. */
  readonly nowMs: number;
}

/** A started step: its rendered input and how it goes on. */
export type PreparedStep =
  /** One vendor call per attempt. */
  | { readonly type: 'model'; readonly input: JsonValue; readonly request: ModelRequest }
  /** Computed by the action's `execute`. */
  | { readonly type: 'instant'; readonly input: JsonValue }
  /** Nothing to do until then; holds no slot when it is far off. */
  | { readonly type: 'wait'; readonly input: JsonValue; readonly dueAtMs: number };

/** One step action. Pure: all outside effects belong to the engine. */
export interface Action {
  readonly name: ActionName;
  /** @throws StepFailure | TemplateError when the input can't be rendered or is not valid */
  prepare(step: PlannedStep, context: ActionContext): PreparedStep;
  /**
   * The result of an `instant` step.
   * @throws StepFailure
   */
  execute?(input: JsonValue): JsonValue;
}

import type { ActionName, NanoUsd, StepOf } from '@orchestrator/contracts';
import type { Condition } from '../condition/condition.ts';
import type { CompiledTemplates } from '../template/templates.ts';

/** Where the flow goes after a step. */
export type Target = { readonly type: 'step'; readonly id: string } | { readonly type: 'end' } | { readonly type: 'fail' };

/** A step's retry policy with every default filled in. */
export interface ResolvedRetry {
  /** Tries including the first; 1 when neither the step nor the workflow's defaults have a `retry`, else 3 by default. */
  readonly maxAttempts: number;
  /** Wait before the second attempt, milliseconds. @defaultValue 1000 */
  readonly delayMs: number;
  /** @defaultValue `fixed` */
  readonly backoff: 'fixed' | 'exponential';
  /** Growth per attempt of an exponential backoff. @defaultValue 2 */
  readonly factor: number;
  /** Upper bound of one wait, milliseconds. @defaultValue 30000 */
  readonly maxDelayMs: number;
  /** @defaultValue `full` for an exponential backoff, `none` for a fixed one */
  readonly jitter: 'none' | 'full';
  /** @defaultValue true */
  readonly respectRetryAfter: boolean;
  /** Error names and patterns; null: whatever is retryable. */
  readonly retryOn: readonly string[] | null;
}

/** A text of a message: its whole content, or one of its parts. */
export interface MessageTemplate {
  /** Position in `messages`. */
  readonly message: number;
  /** Position in the message's content; null when the content is one text. */
  readonly part: number | null;
  readonly template: CompiledTemplates;
}

/** The compiled expressions of each action's fields; a field that the step doesn't have is absent. */
interface StepTemplates {
  readonly generate: {
    readonly prompt?: CompiledTemplates;
    readonly systemPrompt?: CompiledTemplates;
    readonly maxTokens?: CompiledTemplates;
    readonly temperature?: CompiledTemplates;
    readonly seed?: CompiledTemplates;
    readonly topP?: CompiledTemplates;
    /** The texts in `messages` that hold templates. */
    readonly messages?: readonly MessageTemplate[];
  };
  /** Exactly one of the two. */
  readonly delay: { readonly delayMs?: CompiledTemplates; readonly until?: CompiledTemplates };
  readonly transform: { readonly set: CompiledTemplates };
  readonly fail: { readonly message?: CompiledTemplates };
  readonly noop: Readonly<Record<never, never>>;
}

interface PlannedStepOf<A extends ActionName> {
  readonly id: string;
  /** Position in the definition's `steps`, from 0. */
  readonly index: number;
  readonly action: A;
  readonly definition: StepOf<A>;
  readonly condition?: Condition;
  readonly retry: ResolvedRetry;
  /** Limit of one attempt, milliseconds. */
  readonly timeoutMs: number;
  /** The step's own, or the workflow's default; generate steps only. */
  readonly provider?: string;
  /** The step's own, or the workflow's default where the provider is the default one too; generate steps only. */
  readonly model?: string;
  /** Whether the step or the workflow's defaults have a `retry`. */
  readonly hasRetry: boolean;
  readonly next: { readonly onSuccess: Target /** null: the run fails. */; readonly onFailure: Target | null };
  readonly templates: StepTemplates[A];
}

/** One step, ready to run; narrow it by `action`. */
export type PlannedStep = { [A in ActionName]: PlannedStepOf<A> }[ActionName];

/** A definition, checked and compiled. Immutable and free of run state: one plan serves all runs of a definition. */
export interface WorkflowPlan {
  readonly name: string;
  /** @defaultValue 1 */
  readonly version: number;
  /** Limit of the run, milliseconds. @defaultValue 86400000 (24 h) */
  readonly timeoutMs: number;
  readonly maxCostNanoUsd?: NanoUsd;
  /** Id of the first step. */
  readonly entry: string;
  /** By id, in the definition's order. */
  readonly steps: ReadonlyMap<string, PlannedStep>;
}

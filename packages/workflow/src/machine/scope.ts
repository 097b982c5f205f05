import { type JsonObject, type JsonValue, usdFromNanoUsd } from '@orchestrator/contracts';
import type { TemplateScope } from '../template/scope.ts';
import type { RunState, StepState } from './state.ts';

function stepView({ record }: StepState): JsonObject {
  return {
    output: record.output ?? null,
    status: record.status,
    error: record.error === undefined ? null : { ...record.error },
    costUSD: usdFromNanoUsd(record.costNanoUsd),
    usage: record.usage === undefined ? null : { ...record.usage },
    attempts: record.attempts.length,
  };
}

function runView(state: RunState): JsonObject {
  return {
    id: state.runId,
    startedAt: new Date(state.startedAtMs).toISOString(),
    costUSD: usdFromNanoUsd(state.costNanoUsd),
    workflow: state.plan.name,
  };
}

/** What templates and conditions of this run can see; each root is built only when it is asked for. */
export function scopeOf(state: RunState): TemplateScope {
  return {
    get(root: string): JsonValue | undefined {
      const step = state.steps.get(root);
      if (step !== undefined) return step.phase === 'done' ? stepView(step) : undefined;
      switch (root) {
        case 'input':
          return state.input;
        case 'run':
          return runView(state);
        case 'error':
          return state.caught === null ? undefined : { ...state.caught };
        case 'steps':
          return Object.fromEntries(
            [...state.steps].filter(([, other]) => other.phase === 'done').map(([id, other]) => [id, stepView(other)]),
          );
        default:
          return undefined;
      }
    },
  };
}

import type { ClaimedRun, JsonObject, ModelPlanResult } from '@orchestrator/contracts';
import { compileWorkflow } from '../definition/compile.ts';
import type { MachineEffect, MachineEvent } from '../machine/events.ts';
import { advance } from '../machine/machine.ts';
import { type RunState, restoreRun } from '../machine/state.ts';
import { stepError } from '../step-failure.ts';

export const startMs = 1_800_000_000_000;
export const worstCaseNanoUsd = 500;
export const planned: ModelPlanResult = {
  ok: true,
  plan: { provider: 'p', model: 'm', request: { prompt: 'x' }, worstCaseNanoUsd },
};
const usage = { inputTokens: 10, outputTokens: 20, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };

export function claim(steps: readonly JsonObject[], overrides: Partial<ClaimedRun> = {}, workflow: JsonObject = {}): RunState {
  const claimed: ClaimedRun = {
    runId: 'r1',
    epoch: 1,
    kind: 'workflow',
    tenantId: 'default',
    requestId: 'q1',
    workflowName: 'w',
    input: { depth: 2 },
    priority: 'normal',
    timeoutMs: 3_600_000,
    live: false,
    seq: 1,
    commitNo: 0,
    costNanoUsd: 0,
    isTakeover: false,
    lostCount: 0,
    cancelRequested: false,
    acceptedAtMs: startMs,
    startedAtMs: startMs,
    nowMs: startMs,
    inFlight: [],
    steps: [],
    approvals: [],
    ...overrides,
  };
  return restoreRun(compileWorkflow({ name: 'w', ...workflow, steps }), claimed);
}

export type PlanModel = Extract<MachineEffect, { type: 'plan-model' }>;
/** A router with one provider and no patience: after a failure it knows nothing more. */
export const oneCallPerTry = ({ previous }: PlanModel): ModelPlanResult =>
  previous.length === 0 ? planned : { ok: false, error: stepError('Provider.Unavailable', 'exhausted'), isExhausted: true };

/** Feeds events, answering plan-model at once as the engine does. */
export function play(
  state: RunState,
  events: readonly MachineEvent[],
  plan: ModelPlanResult | ((effect: PlanModel) => ModelPlanResult) = oneCallPerTry,
): { state: RunState; effects: MachineEffect[] } {
  const effects: MachineEffect[] = [];
  const inbox = [...events];
  let current = state;
  for (let event = inbox.shift(); event !== undefined; event = inbox.shift()) {
    const next = advance(current, event);
    current = next.state;
    effects.push(...next.effects);
    for (const effect of next.effects) {
      if (effect.type === 'plan-model')
        inbox.unshift({
          type: 'planned',
          path: effect.path,
          attempt: effect.attempt,
          result: typeof plan === 'function' ? plan(effect) : plan,
          random: 0.5,
          nowMs: event.nowMs,
        });
    }
  }
  return { state: current, effects };
}

export const resumed: MachineEvent = { type: 'resumed', random: 0.5, nowMs: startMs };
export const succeeded = (path: string, attempt = 1): MachineEvent => ({
  type: 'attempt-succeeded',
  path,
  attempt,
  output: `out ${path}`,
  latencyMs: 5,
  nowMs: startMs + 5,
  provider: 'p',
  model: 'm',
  usage,
  costNanoUsd: 100,
  costBasis: 'catalogue',
});
export const failedWith = (path: string, name: Parameters<typeof stepError>[0], attempt = 1): MachineEvent => ({
  type: 'attempt-failed',
  path,
  attempt,
  error: stepError(name, 'no'),
  latencyMs: 5,
  nowMs: startMs + 5,
  random: 0.5,
  costNanoUsd: 0,
  costBasis: 'none',
});
export const generate = (id: string, extra: JsonObject = {}): JsonObject => ({
  id,
  action: 'generate',
  input: { prompt: 'hello' },
  ...extra,
});
export const eventTypes = (effects: readonly MachineEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'event' ? [effect.event.type] : []));
export const calls = (effects: readonly MachineEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'run-attempt' ? [`${effect.path}#${effect.attempt}`] : []));
export const transition = (effects: readonly MachineEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'transition' ? [effect.transition] : []))[0];

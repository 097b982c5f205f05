import { reservedStepIds } from '@orchestrator/contracts';
import { type DocumentStep, textField } from './document.ts';
import { type FlowStep, flowOf, Reachability } from './flow.ts';
import type { IssueList } from './issue-list.ts';

/** The flow of a document, for the checks of references. */
export interface DocumentFlow {
  /** Position of each id's first step. */
  readonly positions: ReadonlyMap<string, number>;
  readonly reachability: Reachability;
}

/** Checks ids, targets, cycles and unreachable steps. */
export function checkGraph(steps: readonly DocumentStep[], issues: IssueList, warnings: IssueList): DocumentFlow {
  const positions = checkIds(steps, issues);
  const flowSteps = steps.map(
    ({ id, fields }): FlowStep => ({ id, onSuccess: textField(fields, 'onSuccess'), onFailure: textField(fields, 'onFailure') }),
  );
  const flow = flowOf(flowSteps);
  const reachability = new Reachability(flowSteps, flow);
  for (const step of steps) {
    for (const edge of ['onSuccess', 'onFailure'] as const) checkTarget(step, edge, steps, { positions, reachability }, issues);
    if (step.index !== flow.entry && !reachability.canFollow(flow.entry, step.index)) {
      warnings.add(['steps', step.index], 'unreachable-step', 'this step can never run: nothing leads to it');
    }
  }
  return { positions, reachability };
}

function checkIds(steps: readonly DocumentStep[], issues: IssueList): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const { index, id } of steps) {
    if (id === null) continue;
    const first = positions.get(id);
    if (first === undefined) positions.set(id, index);
    else issues.add(['steps', index, 'id'], 'duplicate-step-id', `"${id.slice(0, 64)}" is already the id of /steps/${first}`);
    if (reservedStepIds.has(id))
      issues.add(['steps', index, 'id'], 'reserved-step-id', `"${id}" has a meaning of its own and can't be a step id`);
  }
  return positions;
}

/** A cycle has at least one edge that leads back in the list, and fall-through never does: that edge is named. */
function checkTarget(
  step: DocumentStep,
  edge: 'onSuccess' | 'onFailure',
  steps: readonly DocumentStep[],
  flow: DocumentFlow,
  issues: IssueList,
): void {
  const name = textField(step.fields, edge);
  if (name === null || name === 'end' || name === 'fail') return;
  const path = ['steps', step.index, edge];
  const target = flow.positions.get(name);
  if (target === undefined) {
    issues.add(path, 'unknown-step', `there is no step "${name.slice(0, 64)}"; a target is a step id, end or fail`);
  } else if (name === step.id) {
    issues.add(path, 'self-reference', 'a step can not lead to itself; to try it again use retry');
  } else if (target < step.index && flow.reachability.canFollow(target, step.index)) {
    const names = [...flow.reachability.path(target, step.index), target].map(
      (position) => steps[position]?.id ?? `/steps/${position}`,
    );
    issues.add(path, 'cycle', `closes a cycle: ${names.join(' → ')}`);
  }
}

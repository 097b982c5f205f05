import type { Target } from './plan.ts';

/** A step as the flow sees it; null where the document has no usable value. */
export interface FlowStep {
  readonly id: string | null;
  readonly onSuccess: string | null;
  readonly onFailure: string | null;
}

/** Where each step leads, and where the run starts. Targets that don't exist count as the end. */
interface Flow {
  /** Position of the first step. */
  readonly entry: number;
  readonly next: readonly { readonly onSuccess: Target; readonly onFailure: Target | null }[];
}

/**
 * Applies the rule for the next step: `onSuccess` where it is given, else the next element that is no target of an
 * `onFailure`, else the end. The run starts at the first element by the same rule.
 */
export function flowOf(steps: readonly FlowStep[]): Flow {
  const handlers = new Set(steps.map(({ onFailure }) => onFailure).filter((id) => id !== null));
  const isFallenInto = ({ id }: FlowStep) => id === null || !handlers.has(id);
  const ids = new Set(steps.map(({ id }) => id));
  const targetOf = (name: string): Target => {
    if (name === 'fail') return { type: 'fail' };
    return name !== 'end' && ids.has(name) ? { type: 'step', id: name } : { type: 'end' };
  };
  const next: Flow['next'][number][] = [];
  let following: string | null = null;
  for (const step of steps.toReversed()) {
    const onSuccess: Target =
      step.onSuccess === null
        ? following === null
          ? { type: 'end' }
          : { type: 'step', id: following }
        : targetOf(step.onSuccess);
    next.unshift({ onSuccess, onFailure: step.onFailure === null ? null : targetOf(step.onFailure) });
    if (isFallenInto(step)) following = step.id;
  }
  return { entry: Math.max(0, steps.findIndex(isFallenInto)), next };
}

/** Who can run after whom. Built for at most 200 steps. */
export class Reachability {
  readonly #successors: readonly (readonly number[])[];
  readonly #after: readonly ReadonlySet<number>[];

  constructor(steps: readonly FlowStep[], flow: Flow) {
    const positions = new Map(steps.map(({ id }, index) => [id, index] as const).toReversed());
    const positionOf = (target: Target | null) => (target?.type === 'step' ? positions.get(target.id) : undefined);
    this.#successors = flow.next.map(({ onSuccess, onFailure }) =>
      [positionOf(onSuccess), positionOf(onFailure)].filter((position) => position !== undefined),
    );
    this.#after = steps.map((_, index) => this.#closure(index));
  }

  /** Whether `later` can run after `earlier` has; of a step itself only inside a cycle. */
  canFollow(earlier: number, later: number): boolean {
    return this.#after[earlier]?.has(later) ?? false;
  }

  /** The shortest way from one step to another, both included; empty when there is none. */
  path(from: number, to: number): readonly number[] {
    const cameFrom = new Map<number, number>();
    const queue = [from];
    for (const position of queue) {
      if (position === to) break;
      for (const successor of this.#successors[position] ?? []) {
        if (successor === from || cameFrom.has(successor)) continue;
        cameFrom.set(successor, position);
        queue.push(successor);
      }
    }
    if (from !== to && !cameFrom.has(to)) return [];
    const path = [to];
    for (let position = to; position !== from; ) {
      position = cameFrom.get(position) ?? from;
      path.unshift(position);
    }
    return path;
  }

  #closure(start: number): ReadonlySet<number> {
    const found = new Set<number>();
    const queue = [...(this.#successors[start] ?? [])];
    for (const position of queue) {
      if (found.has(position)) continue;
      found.add(position);
      queue.push(...(this.#successors[position] ?? []));
    }
    return found;
  }
}

import {
  type CostBasis,
  ModelCallError,
  type ModelPlan,
  type NanoUsd,
  stepErrorNames,
  type TokenUsage,
} from '@orchestrator/contracts';

/** What is told of a failed call. Never its message: vendors quote the prompt in theirs. */
export interface CallFailure {
  /** Name of the step error, or `other` for what is none. */
  readonly name: string;
  /** HTTP status of the vendor's answer. */
  readonly status?: number;
  /** A limit, a cool-down or an open circuit of our own held it back. */
  readonly isLocal: boolean;
  readonly usage?: TokenUsage;
  /** As booked: the worst case where nobody knows what the vendor charged. */
  readonly costNanoUsd: NanoUsd;
  readonly costBasis: CostBasis;
}

const knownNames: ReadonlySet<string> = new Set(stepErrorNames);

export function describeCallFailure(plan: ModelPlan, thrown: unknown): CallFailure {
  const worstCaseNanoUsd = plan.worstCaseNanoUsd ?? 0;
  if (!(thrown instanceof ModelCallError)) {
    return { name: 'other', isLocal: false, costNanoUsd: worstCaseNanoUsd, costBasis: 'reserved' };
  }
  const { error, usage, costBasis } = thrown;
  return {
    name: knownNames.has(error.name) ? error.name : 'other',
    ...(error.status !== undefined && { status: error.status }),
    isLocal: error.isLocal === true,
    ...(usage !== undefined && { usage }),
    costNanoUsd: costBasis === 'reserved' ? worstCaseNanoUsd : thrown.costNanoUsd,
    costBasis,
  };
}

import { AppError, type ClaimedRun } from '@orchestrator/contracts';
import { compileWorkflow, generatePlan } from '../definition/compile.ts';
import type { WorkflowPlan } from '../definition/plan.ts';
import type { RunStore } from '../ports.ts';

/** Compiled plans by definition hash: definitions never change, so entries never go stale. */
export class PlanCache {
  readonly #store: RunStore;
  readonly #maxEntries: number;
  readonly #plans = new Map<string, Promise<WorkflowPlan>>();

  /** @param maxEntries - the least recently used plan beyond it is dropped */
  constructor(store: RunStore, maxEntries = 500) {
    this.#store = store;
    this.#maxEntries = maxEntries;
  }

  /** @throws AppError when the definition is unknown, or not valid for this version of the product */
  get(run: ClaimedRun): Promise<WorkflowPlan> {
    if (run.kind === 'generate') return Promise.resolve(generatePlan());
    const { tenantId, definitionSha256 } = run;
    if (definitionSha256 === undefined) return Promise.reject(new AppError('internal', 'a workflow run has no definition hash'));
    const key = `${tenantId}/${definitionSha256}`;
    const plan = this.#plans.get(key) ?? this.#load(key, tenantId, definitionSha256);
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= this.#maxEntries) break;
      this.#plans.delete(oldest);
    }
    return plan;
  }

  async #load(key: string, tenantId: string, sha256: string): Promise<WorkflowPlan> {
    try {
      const definition = await this.#store.getDefinition(tenantId, sha256);
      if (definition === null) throw new AppError('internal', `definition ${sha256} is not stored`);
      return compileWorkflow(definition);
    } catch (error) {
      this.#plans.delete(key);
      throw error;
    }
  }
}

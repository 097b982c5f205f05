import type { World } from './world/world.ts';

export type BackendType = 'redis' | 'postgres';
/** `full`: the numbers that are published. `short`: the same faults in seconds, for every test run. */
export type Scale = 'full' | 'short';

/** One kind of fault under load. The audit that follows is the same for all. */
export interface Scenario {
  readonly name: string;
  /** The queue backends where the fault makes sense. */
  readonly backends: readonly BackendType[];
  /** Starts what it needs, breaks things, and returns when every accepted run has ended. */
  run(world: World, options: { readonly scale: Scale }): Promise<void>;
}

/** Short forms use it where the lease's length is not what is tested. */
export const shortLeaseMs = 2_000;

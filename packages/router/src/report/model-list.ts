import { type ModelRow, retirementOf } from '@orchestrator/adapters';
import type { RouterState } from '../router-state.ts';

/** A row of the catalogue and what holds for it here. */
export interface ModelInfo extends ModelRow {
  readonly provider: string;
  readonly isConfigured: boolean;
  /** Asked when a request names this provider and no model. */
  readonly isDefault: boolean;
  /** `retiring`: within 60 days. */
  readonly retirement: 'retired' | 'retiring' | null;
}

/** Every model of every provider, in the registry's order. */
export function listModels({ pool, settings }: RouterState): readonly ModelInfo[] {
  const nowMs = settings.clock.now();
  return pool.all.flatMap((provider) =>
    provider.models.map((row) => ({
      ...row,
      provider: provider.id,
      isConfigured: pool.isConfigured(provider.id),
      isDefault: row.model === pool.defaultModelOf(provider),
      retirement: retirementOf(row, nowMs),
    })),
  );
}

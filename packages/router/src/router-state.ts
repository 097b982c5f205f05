import { AppError } from '@orchestrator/contracts';
import { createGuards, type Guards } from './guard/guards.ts';
import { createProviderLimits, type ProviderLimiters } from './limits/provider-limits.ts';
import { createSharedCooldowns, type SharedCooldowns } from './limits/shared-cooldowns.ts';
import { didYouMean } from './near-matches.ts';
import { createProviderPool, type ProviderPool } from './provider-pool.ts';
import { type RouterConfig, type RouterSettings, settingsOf } from './router-config.ts';

/** Everything a router consists of; its functions take it as their first argument. */
export interface RouterState {
  readonly settings: RouterSettings;
  readonly pool: ProviderPool;
  readonly guards: Guards;
  readonly limiters: ProviderLimiters;
  readonly shared: SharedCooldowns;
}

/** A mistyped name would silently switch a limit off. */
function refuseUnknownNames(pool: ProviderPool, settings: RouterSettings): void {
  const named = { weights: Object.keys(settings.weights), priority: settings.priority, limits: Object.keys(settings.limits) };
  for (const [option, ids] of Object.entries(named)) {
    const unknown = ids.find((id) => pool.find(id) === undefined);
    if (unknown === undefined) continue;
    throw new AppError(
      'invalid-configuration',
      `The router's ${option} name "${unknown}", which is unknown.${didYouMean(unknown, pool.ids)}`,
    );
  }
}

/** @throws AppError `invalid-configuration` when a configured name is unknown */
export function createRouterState(config: RouterConfig): RouterState {
  const settings = settingsOf(config);
  const pool = createProviderPool(settings);
  refuseUnknownNames(pool, settings);
  const guards = createGuards(settings);
  return {
    settings,
    pool,
    guards,
    limiters: createProviderLimits(settings),
    shared: createSharedCooldowns(settings, pool, guards.cooldowns),
  };
}

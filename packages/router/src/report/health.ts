import type { RoutingStrategy } from '@orchestrator/contracts';
import type { CircuitName } from '../guard/circuit-breakers.ts';
import type { RouterState } from '../router-state.ts';

export interface ProviderHealth {
  readonly status: 'healthy' | 'unhealthy';
  /** Of the check, milliseconds. */
  readonly latencyMs: number;
  readonly reason?: string;
  /** By model, those that have been called. */
  readonly circuits?: Readonly<Record<string, CircuitName>>;
}

export interface RouterHealth {
  /** `degraded`: some providers answer, or none is configured and the sandbox does. */
  readonly overall: 'healthy' | 'degraded' | 'unhealthy';
  /** Configured providers by id. */
  readonly providers: Readonly<Record<string, ProviderHealth>>;
  readonly routing: {
    readonly activeProviders: number;
    readonly routingStrategy: RoutingStrategy;
    readonly providers: readonly string[];
  };
}

export interface HealthOptions {
  /** A check this recent is taken for the present, milliseconds. @defaultValue 10,000 */
  readonly maxAgeMs?: number;
  /** Longest time of a check, milliseconds. @defaultValue 5,000 */
  readonly timeoutMs?: number;
}

type Checks = Readonly<Record<string, Omit<ProviderHealth, 'circuits'>>>;

const defaultMaxAgeMs = 10_000;

async function checkAll({ pool }: RouterState, timeoutMs: number | undefined): Promise<Checks> {
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const checks = pool.configured.map(async ({ id }) => {
    try {
      const check = await pool.adapterOf(id)?.healthCheck(options);
      return [id, check ?? { status: 'unhealthy', latencyMs: 0, reason: 'No adapter.' }] as const;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [id, { status: 'unhealthy', latencyMs: 0, reason }] as const;
    }
  });
  return Object.fromEntries(await Promise.all(checks));
}

function overallOf(providers: readonly ProviderHealth[]): RouterHealth['overall'] {
  const isWhole = ({ status, circuits = {} }: ProviderHealth) =>
    status === 'healthy' && Object.values(circuits).every((circuit) => circuit === 'closed');
  if (providers.length === 0) return 'degraded';
  if (providers.every(isWhole)) return 'healthy';
  return providers.some(({ status }) => status === 'healthy') ? 'degraded' : 'unhealthy';
}

/** Asks every configured provider at once; callers at the same time, and those soon after, share the answers. */
export function createHealth(state: RouterState): (options?: HealthOptions) => Promise<RouterHealth> {
  const { pool, guards, settings } = state;
  let checked: { readonly atMs: number; readonly checks: Promise<Checks> } | undefined;
  return async ({ maxAgeMs = defaultMaxAgeMs, timeoutMs } = {}) => {
    const nowMs = settings.clock.now();
    if (checked === undefined || nowMs - checked.atMs >= maxAgeMs) checked = { atMs: nowMs, checks: checkAll(state, timeoutMs) };
    const checks = await checked.checks;
    const providers = Object.fromEntries(
      Object.entries(checks).map(([id, check]): [string, ProviderHealth] => {
        const circuits = guards.circuits.statesOf(id);
        return [id, Object.keys(circuits).length === 0 ? check : { ...check, circuits }];
      }),
    );
    const ids = pool.configured.map(({ id }) => id);
    return {
      overall: overallOf(Object.values(providers)),
      providers,
      routing: { activeProviders: ids.length, routingStrategy: settings.routingStrategy, providers: ids },
    };
  };
}

import { ask, type Estimate, estimateSchema, healthSchema, type ProviderList, providersSchema } from './client.ts';

/** What one check says when it passes: its headline, and lines below it. */
interface Passed {
  readonly headline: string;
  readonly lines: readonly string[];
}

export interface Check {
  readonly name: string;
  /** @throws Error with the reason when the check fails */
  run(url: string): Promise<Passed>;
}

const expectedProviders = 10;
const question = { prompt: 'Explain quantum computing', maxTokens: 100 };

function demand(holds: boolean, reason: string): void {
  if (!holds) throw new Error(reason);
}

const activeOf = ({ providers }: ProviderList) => providers.filter((provider) => provider.isConfigured);
const displayName = (list: ProviderList, id: string | null) =>
  list.providers.find((provider) => provider.name === id)?.displayName ?? id ?? 'none';

const environment: Check = {
  name: 'Environment Validation',
  async run(url) {
    const list = await ask(url, '/api/ai/providers', providersSchema);
    const active = activeOf(list);
    demand(active.length === list.active, `${list.active} are called active, ${active.length} are configured`);
    const names = active.map(({ name }) => name).join(', ') || 'none; the built-in sandbox answers';
    return {
      headline: 'Environment Validation',
      lines: [`Configured: ${active.length}/${list.total} providers`, `Active: ${names}`],
    };
  },
};

const registry: Check = {
  name: 'Provider Registry',
  async run(url) {
    const list = await ask(url, '/api/ai/providers', providersSchema);
    demand(list.total === expectedProviders, `there are ${list.total} providers instead of ${expectedProviders}`);
    demand(new Set(list.providers.map(({ name }) => name)).size === list.total, 'a provider is listed twice');
    for (const { name, capabilities, estimatedCost } of list.providers) {
      demand(capabilities.length > 0, `${name} has no capability`);
      demand(estimatedCost.inputPerMToken > 0 && estimatedCost.outputPerMToken > 0, `${name} has no price`);
    }
    return {
      headline: `Provider Registry: ${list.total} total, ${list.active} active`,
      lines: (list.active > 0 ? activeOf(list) : list.providers).map(
        ({ displayName: name, estimatedCost }) =>
          `- ${name}: $${estimatedCost.inputPerMToken}/$${estimatedCost.outputPerMToken} per 1M tokens`,
      ),
    };
  },
};

const askEstimate = (url: string): Promise<Estimate> => ask(url, '/api/ai/estimate', estimateSchema, question);

const estimation: Check = {
  name: 'Cost Estimation',
  async run(url) {
    const [list, { estimates, requiresApproval, thresholdUSD }] = await Promise.all([
      ask(url, '/api/ai/providers', providersSchema),
      askEstimate(url),
    ]);
    demand(estimates.length >= list.total, `${estimates.length} of ${list.total} providers are estimated`);
    demand(!requiresApproval, 'a small request would wait for approval');
    const worst = estimates.map(({ estimatedCostUSD }) => estimatedCostUSD ?? 0);
    demand(
      worst.every((cost) => cost > 0 && cost < thresholdUSD),
      `an estimate is zero, unknown or over ${thresholdUSD} USD`,
    );
    const shown = estimates.filter(({ provider }) => list.active === 0 || activeOf(list).some(({ name }) => name === provider));
    const [first] = shown;
    return {
      headline: `Cost Estimation (${first?.provider}): $${first?.expectedCostUSD?.toFixed(6)}`,
      lines: shown.map(
        ({ provider, model, expectedCostUSD, estimatedCostUSD }) =>
          `- ${provider}/${model}: about $${expectedCostUSD?.toFixed(6)}, at most $${estimatedCostUSD?.toFixed(6)}`,
      ),
    };
  },
};

const selection: Check = {
  name: 'Provider Selection',
  async run(url) {
    const [list, { cheapest, fastest, selected, estimates }] = await Promise.all([
      ask(url, '/api/ai/providers', providersSchema),
      askEstimate(url),
    ]);
    const active = activeOf(list).map(({ name }) => name);
    if (active.length === 0) return { headline: 'Provider Selection', lines: ['No provider is configured: the sandbox answers'] };
    const able = estimates.filter(({ provider, canServe }) => canServe && active.includes(provider));
    const least = Math.min(...able.map(({ expectedCostUSD }) => expectedCostUSD ?? Number.POSITIVE_INFINITY));
    const chosen = able.find(({ provider }) => provider === cheapest);
    demand(chosen?.expectedCostUSD === least, `${cheapest} is called the cheapest, but another costs less`);
    demand(
      able.some(({ provider }) => provider === fastest) && able.some(({ provider }) => provider === selected),
      `${fastest} or ${selected} can't serve the request`,
    );
    return {
      headline: 'Provider Selection',
      lines: [
        `Cheapest: ${displayName(list, cheapest)}`,
        `Fastest: ${displayName(list, fastest)}`,
        `This request would go to: ${displayName(list, selected)}`,
      ],
    };
  },
};

const health: Check = {
  name: 'Health Checks',
  async run(url) {
    const [list, { providers, routing }] = await Promise.all([
      ask(url, '/api/ai/providers', providersSchema),
      ask(url, '/api/ai/health', healthSchema),
    ]);
    demand(
      routing.activeProviders === list.active,
      `${routing.activeProviders} providers are routed to, ${list.active} are active`,
    );
    const states = Object.entries(providers);
    for (const [id, { status }] of states) demand(status === 'healthy', `${id} is ${status}`);
    return {
      headline: `Health Checks (${states.length} providers)`,
      lines: states.map(([id, { status, latencyMs }]) => `${displayName(list, id)}: ${status} (${Math.round(latencyMs)} ms)`),
    };
  },
};

export const checks: readonly Check[] = [environment, registry, estimation, selection, health];

import type { ProviderDefinition } from '@orchestrator/adapters';
import { usdFromNanoUsd } from '@orchestrator/contracts';
import { liveChecks } from './checks.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface LiveOutcome {
  readonly id: string;
  readonly state: 'passed' | 'failed' | 'not-run';
  /** One line for the reader. */
  readonly line: string;
}

export function keyVariable(id: string): string {
  return `${id.toUpperCase()}_API_KEY`;
}

/** Runs every check that the default model is able to pass, one after the other. Never rejects. */
export async function runProvider(provider: ProviderDefinition, environment: Variables): Promise<LiveOutcome> {
  const { id } = provider;
  const name = id.padEnd(12);
  const setting = (suffix: string) => environment[`${id.toUpperCase()}_${suffix}`] || undefined;
  const apiKey = setting('API_KEY');
  if (apiKey === undefined) return { id, state: 'not-run', line: `${name}not run: ${keyVariable(id)} is not set` };
  const adapter = provider.createAdapter({ apiKey, baseUrl: setting('BASE_URL'), defaultModel: setting('DEFAULT_MODEL') });
  const said: string[] = [];
  let costNanoUsd = 0;
  let hasFailed = false;
  const startedAt = performance.now();
  for (const check of liveChecks) {
    if (check.needs !== undefined && !adapter.supports(check.needs)) {
      said.push(`${check.name} –`);
      continue;
    }
    try {
      const result = await check.run(adapter);
      costNanoUsd += result.costNanoUsd;
      said.push(`${check.name} ok`);
    } catch (error) {
      hasFailed = true;
      said.push(`${check.name} FAILED (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const line = `${name}${said.join(' · ')} · $${usdFromNanoUsd(costNanoUsd)} · ${seconds} s`;
  return { id, state: hasFailed ? 'failed' : 'passed', line };
}

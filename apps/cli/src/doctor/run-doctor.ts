import { createCustomProvider, customProviderSchema, providerIds, providers } from '@orchestrator/adapters';
import { loadConfig, readEnvironment } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { checkConnections } from './check-connections.ts';
import { checkModels } from './check-models.ts';
import type { Finding } from './finding.ts';
import { renderFindings } from './render.ts';

const readConfig = () => loadConfig(readEnvironment(), { providerIds, customProviderSchema });

async function examine(): Promise<Finding[]> {
  let config: ReturnType<typeof readConfig>;
  try {
    config = readConfig();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const fix = 'Correct it in the environment or in .env; .env.example describes every variable.';
    return [{ level: 'problem', subject: 'configuration', text: error.message, fix }];
  }
  const all = [...providers, ...config.customProviders.map(createCustomProvider)];
  return [
    { level: 'ok', subject: 'configuration', text: 'is valid.' },
    ...(await checkConnections(config)),
    ...checkModels({ providers: all, settings: config.providers, now: new Date() }),
  ];
}

/**
 * Checks this installation and prints what it found to standard output.
 * @returns the exit code: 1 when something keeps the system from working
 */
export async function runDoctor(options: { readonly json: boolean }): Promise<0 | 1> {
  const findings = await examine();
  const colours = process.stdout.isTTY === true && process.stdout.hasColors();
  process.stdout.write(options.json ? `${JSON.stringify({ findings }, null, 2)}\n` : renderFindings(findings, { colours }));
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

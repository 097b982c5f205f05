import { createCustomProvider, customProviderSchema, providerIds, providers } from '@orchestrator/adapters';
import { loadConfig, readEnvironment } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { printJson } from '../commands/print-json.ts';
import type { Session } from '../session/session.ts';
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
 * Checks this installation and prints what it found.
 * @returns whether nothing keeps the system from working
 */
export async function runDoctor(session: Session): Promise<boolean> {
  const findings = await examine();
  if (session.isJson) printJson(session, { findings });
  else session.terminal.write(renderFindings(findings, session.terminal.paint));
  return !findings.some(({ level }) => level === 'problem');
}

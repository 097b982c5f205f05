import { createLogger, loadConfig, readEnvironment } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { migrate } from '@orchestrator/store';

/** `npm run migrate`: for databases that `npm start` does not look after. */
async function main(): Promise<number> {
  try {
    const config = loadConfig(readEnvironment(), { providerIds: [] });
    if (config.store?.type !== 'postgres') throw new AppError('invalid-configuration', 'SUPABASE_DB_URL is needed to migrate.');
    const log = createLogger({ name: 'migrate', level: config.logLevel });
    const { applied } = await migrate({ url: config.store.url, log });
    process.stdout.write(applied.length === 0 ? 'The schema is current.\n' : `Applied ${applied.join(', ')}.\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof AppError ? error.message : String((error as Error)?.stack ?? error)}\n`);
    return error instanceof AppError && error.code === 'invalid-configuration' ? 78 : 1;
  }
}

process.exit(await main());

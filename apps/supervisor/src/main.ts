import { loadConfig, readEnvironment } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { badConfigurationExitCode } from './part.ts';
import { listenForStop } from './stop-request.ts';
import { supervise } from './supervise.ts';
import { createTerminal } from './terminal.ts';

const maxStopMs = 9_500;

// Leaving at once is safe: without this process the children and Postgres end by themselves.
const stopRequested = listenForStop((exitCode) => process.exit(exitCode));
stopRequested.addEventListener('abort', () => setTimeout(() => process.exit(1), maxStopMs).unref());
const terminal = createTerminal(process.stdout);

async function main(): Promise<number> {
  try {
    const environment = readEnvironment();
    // Providers are the workers' business: the supervisor knows none.
    const config = loadConfig(environment, { providerIds: [] });
    await supervise({ config, environment, terminal, stopRequested });
    return 0;
  } catch (error) {
    if (stopRequested.aborted) {
      terminal.line('Stopped.');
      return 0;
    }
    process.stderr.write(`${error instanceof AppError ? error.message : String((error as Error)?.stack ?? error)}\n`);
    return error instanceof AppError && error.code === 'invalid-configuration' ? badConfigurationExitCode : 1;
  }
}

process.exit(await main());

import type { Config } from '@orchestrator/config';

/** Which of the two connections the embedded Postgres has to serve. */
export function embeddedParts(config: Config): { readonly store: boolean; readonly queue: boolean } {
  return { store: config.store === null, queue: config.queue === null };
}

/** The variables that lead the children to the embedded server where nothing else is configured. */
export function connectionVariables(config: Config, embeddedUrl: string | null): Readonly<Record<string, string>> {
  if (embeddedUrl === null) return {};
  const embedded = embeddedParts(config);
  return {
    ...(embedded.store ? { SUPABASE_DB_URL: embeddedUrl } : {}),
    ...(embedded.queue ? { QUEUE_DATABASE_URL: embeddedUrl } : {}),
  };
}

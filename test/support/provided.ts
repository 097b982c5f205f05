/** What global-setup.ts hands to every test file of the project `real`. */
export interface ProvidedForTests {
  /** A database of the shared test server, as its superuser; only for creating databases. */
  readonly postgresUrl: string;
  /** Part of names that belong to this run on a shared server. */
  readonly runId: string;
  readonly isRedisAvailable: boolean;
  /** null: this machine has none. */
  readonly chromiumPath: string | null;
}

declare module 'vitest' {
  interface ProvidedContext extends ProvidedForTests {}
}

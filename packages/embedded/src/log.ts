/** Where the launcher reports to; a pino logger fits. */
export interface EmbeddedPostgresLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

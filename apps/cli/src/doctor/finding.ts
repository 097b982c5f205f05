/** What a check saw. A `problem` keeps the system from working, a `warning` will or may. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was looked at, e.g. `database`. */
  readonly subject: string;
  /** One sentence. */
  readonly text: string;
  /** What to do about it; present unless the level is `ok`. */
  readonly fix?: string;
}

import type { Session } from '../session/session.ts';

/** Prints one JSON document. */
export function printJson({ terminal }: Session, value: unknown): void {
  terminal.print(JSON.stringify(value, null, 2));
}

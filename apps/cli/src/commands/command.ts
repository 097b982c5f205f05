import type { Command } from 'commander';
import type { Session } from '../session/session.ts';

/** Runs what a command does, with the session of this invocation. */
export type RunWith = <Values extends readonly unknown[]>(
  work: (session: Session, ...values: Values) => Promise<void>,
) => (...values: Values) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, runWith: RunWith) => void;

/** Examples below the help of a command; the text is what people copy. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** For options that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

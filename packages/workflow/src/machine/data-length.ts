import type { AttemptRecord, JsonValue, StepRecord } from '@orchestrator/contracts';

/**
 * Most that the inputs and outputs of all steps of a run take together, in UTF-16 code units: of a text, or of a value's JSON. The last commit
 * carries all of them, and so does every claim: past 256 MiB Postgres can't build the value, and the run could neither
 * end nor be read (200 steps of 1 MiB each did that).
 */
export const maxDataLength = 8_388_608;

/** Length of a text, or of a value's JSON. */
export function dataLength(value: JsonValue | undefined): number {
  if (value === undefined) return 0;
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}

/** What an answer brings beside its text: tool calls, sources, reasoning. */
export function extrasLength({ toolCalls, citations, reasoning }: Partial<AttemptRecord>): number {
  const lists = [toolCalls, citations].filter((list) => list !== undefined);
  return lists.reduce((sum, list) => sum + JSON.stringify(list).length, dataLength(reasoning));
}

/** What one step adds. */
export function dataLengthOf(record: StepRecord): number {
  const extras = record.attempts.reduce((sum, attempt) => sum + extrasLength(attempt), 0);
  return dataLength(record.input) + dataLength(record.output) + extras;
}

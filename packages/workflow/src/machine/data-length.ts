import type { JsonValue, StepRecord } from '@orchestrator/contracts';

/**
 * Most that the inputs and outputs of all steps of a run take together, in UTF-16 code units of JSON. The last commit
 * carries all of them, and so does every claim: past 256 MiB Postgres can't build the value, and the run could neither
 * end nor be read (200 steps of 1 MiB each did that).
 */
export const maxDataLength = 8_388_608;

export function jsonLength(value: JsonValue | undefined): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}

/** What one step adds. */
export function dataLengthOf(record: StepRecord): number {
  return jsonLength(record.input) + jsonLength(record.output);
}

import {
  type JsonObject,
  type JsonValue,
  type LiveEvent,
  liveEventSchema,
  type PlacedEvent,
  type RunSnapshot,
  readTokenPart,
  usdFromNanoUsd,
} from '@orchestrator/contracts';
import { toGenerateResponse } from './generate-response.ts';
import { toRunResponse } from './run-response.ts';

/** Internal fields and the names under which clients see them. */
function publicFields(data: JsonObject): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(data)) {
    if (name === 'path') fields.stepId = value;
    else if (name === 'part') Object.assign(fields, readTokenPart(value));
    else if (name === 'dueAtMs' || name === 'expiresAtMs') fields[`${name.slice(0, -'AtMs'.length)}At`] = isoTime(value);
    else if (name.endsWith('NanoUsd')) fields[`${name.slice(0, -'NanoUsd'.length)}USD`] = usd(value);
    else fields[name] = value;
  }
  return fields;
}

function isoTime(value: JsonValue): JsonValue {
  return typeof value === 'number' ? new Date(value).toISOString() : value;
}

function usd(value: JsonValue): JsonValue {
  return typeof value === 'number' ? usdFromNanoUsd(value) : value;
}

/** An event of a run as clients see it; null for one that this version can't show. */
export function toLiveEvent(jobId: string, { epoch, seq, type, data, atMs }: PlacedEvent): LiveEvent | null {
  const view = { type, jobId, epoch, seq, at: new Date(atMs).toISOString(), ...publicFields(data) };
  const checked = liveEventSchema.safeParse(view);
  return checked.success ? checked.data : null;
}

/** The same for the last one, with what a caller gets who waits for the result. */
export function withResult(event: LiveEvent, run: RunSnapshot, nowMs: number): LiveEvent {
  if (run.kind === 'workflow') return { ...event, result: toRunResponse(run, nowMs) } as LiveEvent;
  return run.status === 'completed' ? ({ ...event, result: toGenerateResponse(run) } as LiveEvent) : event;
}

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
import { isTerminalEvent } from '../live/run-feed.ts';
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

const fieldsByType = new Map<string, ReadonlySet<string>>(
  liveEventSchema.options.map(({ shape }) => [shape.type.value, new Set(Object.keys(shape))]),
);

/** What is stored beside the documented fields is for us. */
function onlyDocumented(event: LiveEvent): LiveEvent {
  const fields = fieldsByType.get(event.type);
  return Object.fromEntries(Object.entries(event).filter(([name]) => fields?.has(name))) as LiveEvent;
}

function makeView(jobId: string, event: PlacedEvent): LiveEvent | null {
  const { epoch, seq, type, data, atMs } = event;
  const place = { type, jobId, epoch, seq, at: new Date(atMs).toISOString() };
  const checked = liveEventSchema.safeParse({ ...place, ...publicFields(data) });
  if (checked.success) return onlyDocumented(checked.data);
  return isTerminalEvent(event) ? ({ ...place, degraded: data.degraded === true } as LiveEvent) : null;
}

/** Readers of one run share its events, and their views: half of what an event costs a reader. */
const views = new WeakMap<PlacedEvent, LiveEvent | null>();

/**
 * An event of a run as clients see it; null for one that this version can't show. The last one is always shown, or readers would
 * resume for ever.
 */
export function toLiveEvent(jobId: string, event: PlacedEvent): LiveEvent | null {
  const known = views.get(event);
  if (known !== undefined) return known;
  const view = makeView(jobId, event);
  views.set(event, view);
  return view;
}

/** The same for the last one, with what a caller gets who waits for the result. */
export function withResult(event: LiveEvent, run: RunSnapshot, nowMs: number): LiveEvent {
  if (run.kind === 'workflow') return { ...event, result: toRunResponse(run, nowMs) } as LiveEvent;
  return run.status === 'completed' ? ({ ...event, result: toGenerateResponse(run) } as LiveEvent) : event;
}

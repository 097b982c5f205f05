import type { JsonObject, JsonValue } from './json.ts';
import type { ModelPart } from './model.ts';
import type { PlacedEvent, RunEvent } from './run.ts';

/** Where a piece of an answer belongs, and the piece: text as a string, anything else as an object with its name. */
interface TokenData {
  readonly path: string;
  readonly attempt: number;
  readonly part: JsonValue;
}

/** As stored: the pieces of one attempt that one commit brought. */
interface TokenRow {
  readonly path: string;
  readonly attempt: number;
  /** Number of the first piece; that of the last is the row's own. */
  readonly first: number;
  readonly parts: readonly JsonValue[];
}

/** The data of a `token` event. */
export function tokenData(path: string, attempt: number, part: ModelPart): JsonObject {
  if (part.type === 'text') return { path, attempt, part: part.text };
  if (part.type === 'reasoning') return { path, attempt, part: { reasoning: part.text } };
  const { type: _, ...toolCall } = part;
  return { path, attempt, part: { toolCall } };
}

/** What a reader gets of a piece: exactly one of the three. */
export function readTokenPart(part: JsonValue): { text: string } | { reasoning: JsonValue } | { toolCall: JsonValue } {
  if (typeof part === 'object' && part !== null && 'reasoning' in part) return { reasoning: part.reasoning ?? '' };
  if (typeof part === 'object' && part !== null && 'toolCall' in part) return { toolCall: part.toolCall ?? {} };
  return { text: String(part) };
}

/** Puts neighbouring pieces of one attempt into one event each, as they are stored. */
export function packTokens(events: readonly RunEvent[]): readonly RunEvent[] {
  const packed: RunEvent[] = [];
  let open: { row: TokenRow; parts: JsonValue[]; seq: number; atMs: number } | undefined;
  const close = (): void => {
    if (open !== undefined) {
      const { path, attempt, first } = open.row;
      packed.push({ seq: open.seq, type: 'token', data: { path, attempt, first, parts: open.parts }, atMs: open.atMs });
    }
    open = undefined;
  };
  for (const event of events) {
    if (event.type !== 'token') {
      close();
      packed.push(event);
      continue;
    }
    const { path, attempt, part } = event.data as unknown as TokenData;
    if (open?.row.path !== path || open.row.attempt !== attempt) close();
    open ??= { row: { path, attempt, first: event.seq, parts: [] }, parts: [], seq: event.seq, atMs: event.atMs };
    open.parts.push(part);
    open.seq = event.seq;
    open.atMs = event.atMs;
  }
  close();
  return packed;
}

/** The opposite of `packTokens`, for one event; one that is no stored `token` stays as it is. */
export function unpackTokens(event: PlacedEvent): readonly PlacedEvent[] {
  if (event.type !== 'token' || !('parts' in event.data)) return [event];
  const { path, attempt, first, parts } = event.data as unknown as TokenRow;
  return parts.map((part, index) => ({ ...event, seq: first + index, data: { path, attempt, part } }));
}

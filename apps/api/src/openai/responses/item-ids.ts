/** Ids of a response and its items hold the run's id, so that a client may refer to an item instead of sending it again. */
type ItemKind = 'msg' | 'rs' | 'fc';

function compact(runId: string): string {
  return runId.replaceAll('-', '');
}

export function responseId(runId: string): string {
  return `resp_${compact(runId)}`;
}

/** @param index - among the items of its kind, from 0 */
export function itemId(kind: ItemKind, runId: string, index: number): string {
  return `${kind}_${compact(runId)}_${index}`;
}

export interface ItemReference {
  readonly kind: ItemKind;
  readonly runId: string;
  readonly index: number;
}

const pattern = /^(msg|rs|fc)_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_(\d{1,4})$/;

/** What an id of an item stands for; null when it is none of ours. */
export function parseItemId(id: string): ItemReference | null {
  const [, kind, ...parts] = pattern.exec(id) ?? [];
  if (kind === undefined) return null;
  return { kind: kind as ItemKind, runId: parts.slice(0, 5).join('-'), index: Number(parts[5]) };
}

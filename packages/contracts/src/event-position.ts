/** A reader's place in the events of a run: the last one it has seen. */
export interface EventPosition {
  readonly epoch: number;
  readonly seq: number;
}

/** Before the first event. */
export const eventsStart: EventPosition = { epoch: 0, seq: 0 };

export function formatEventId({ epoch, seq }: EventPosition): string {
  return `${epoch}-${seq}`;
}

/** The position that a `Last-Event-ID` names; null when it is malformed. */
export function parseEventId(id: string): EventPosition | null {
  const [, epoch, seq] = /^(\d{1,9})-(\d{1,9})$/.exec(id) ?? [];
  return epoch === undefined || seq === undefined ? null : { epoch: Number(epoch), seq: Number(seq) };
}

/** Whether `a` comes after `b`. */
export function isAfter(a: EventPosition, b: EventPosition): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
}

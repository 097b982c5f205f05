import type { LiveEvent } from '@orchestrator/contracts';

type Own<Type extends LiveEvent['type']> = Omit<
  Extract<LiveEvent, { readonly type: Type }>,
  'type' | 'jobId' | 'epoch' | 'seq' | 'at'
>;

/** An event of a run, one second after the one with the number before. */
export function liveEvent<Type extends LiveEvent['type']>(seq: number, type: Type, fields: Own<Type>): LiveEvent {
  const at = new Date(Date.UTC(2026, 11, 1, 12, 0, seq)).toISOString();
  return { type, jobId: '01a209c7-12bd-7326-9be5-dd8342ded80e', epoch: 1, seq, at, ...fields } as unknown as LiveEvent;
}

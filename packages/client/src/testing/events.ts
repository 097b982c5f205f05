import type { LiveEvent } from '@orchestrator/contracts';

export const jobId = '01a209c7-12bd-7326-9be5-dd8342ded80e';

type Fields<Type extends LiveEvent['type']> = Omit<
  Extract<LiveEvent, { readonly type: Type }>,
  'type' | 'jobId' | 'epoch' | 'seq' | 'at'
>;

/** An event at `<epoch>-<seq>`. */
export function event<Type extends LiveEvent['type']>(id: `${number}-${number}`, type: Type, fields: Fields<Type>): LiveEvent {
  const [epoch, seq] = id.split('-').map(Number);
  return { type, jobId, epoch, seq, at: '2026-11-23T19:05:35.556Z', ...fields } as unknown as LiveEvent;
}

export const token = (id: `${number}-${number}`, text: string): LiveEvent =>
  event(id, 'token', { stepId: 'generate', attempt: 1, text });

export const generated = {
  success: true,
  requestId: jobId,
  content: 'Hello, wörld 👋',
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
  costUSD: 0.001,
  latencyMs: 5,
  provider: 'sandbox',
  model: 'sandbox',
} as const;

/** A whole generate run: `1-1` to `1-6`. */
export const wholeRun: readonly LiveEvent[] = [
  event('1-1', 'run-accepted', { kind: 'generate', workflowName: 'generate' }),
  event('1-2', 'run-started', {}),
  event('1-3', 'step-started', { stepId: 'generate', action: 'generate' }),
  token('1-4', 'Hello, wör'),
  token('1-5', 'ld 👋'),
  event('1-6', 'run-completed', { degraded: false, result: generated }),
];

/** How the server writes an event. */
export function wire(event: LiveEvent, lineEnd = '\n'): string {
  return [`id: ${event.epoch}-${event.seq}`, `event: ${event.type}`, `data: ${JSON.stringify(event)}`, '', ''].join(lineEnd);
}

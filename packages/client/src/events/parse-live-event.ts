import { type LiveEvent, runEventTypes } from '@orchestrator/contracts';
import { OrchestratorError } from '../orchestrator-error.ts';

const knownTypes: ReadonlySet<string> = new Set(runEventTypes);

/**
 * Reads the data of an event; `null` for a type that a newer server may have and this client does not know.
 * @throws OrchestratorError `invalid-response` when it is no event at all
 */
export function parseLiveEvent(data: string): LiveEvent | null {
  const value = parse(data) as { readonly type?: unknown } | null;
  if (typeof value?.type !== 'string') throw noEvent(data);
  return knownTypes.has(value.type) ? (value as LiveEvent) : null;
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw noEvent(data, cause);
  }
}

function noEvent(data: string, cause?: unknown): OrchestratorError {
  const message = `The stream has something that is no event: ${data.slice(0, 100)}`;
  return new OrchestratorError(message, { code: 'invalid-response', retryable: false, cause });
}

/** The last event of a run. */
export type TerminalEvent = Extract<LiveEvent, { readonly type: 'run-completed' | 'run-failed' | 'run-cancelled' }>;

export function isTerminal(event: LiveEvent): event is TerminalEvent {
  return event.type === 'run-completed' || event.type === 'run-failed' || event.type === 'run-cancelled';
}

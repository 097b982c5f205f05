import type { LiveEvent } from '@orchestrator/contracts';
import { OrchestratorError } from '../orchestrator-error.ts';
import { runFailed } from './run-failed.ts';

type RestartEvent = Extract<LiveEvent, { readonly type: 'restart' }>;

export interface TextOptions {
  /** Of a workflow: only the text of this step. @defaultValue the text of all steps, as it comes */
  readonly stepId?: string;
  /**
   * Called when all that was given of a step's text is void, because its call broke off and is made again: throw it away.
   * Without this, `text()` throws `stream-restarted` then, as what a reader has put together would be wrong; `result()` is
   * always right.
   */
  readonly onRestart?: (event: RestartEvent) => void;
}

function restarted({ jobId, stepId }: RestartEvent): OrchestratorError {
  const message = `The text of step ${stepId} begins again: what was given of it is void. Give text() an onRestart, or await result().`;
  return new OrchestratorError(message, { code: 'stream-restarted', retryable: false, jobId });
}

/** The whole text, where an answer came in one piece. */
function contentOf(result: unknown): string | undefined {
  const content = (result as { readonly content?: unknown } | undefined)?.content;
  return typeof content === 'string' && content !== '' ? content : undefined;
}

/**
 * The pieces of text among events.
 * @param isFromStart - whether the events are all there are: then an answer without tokens is given in one piece
 * @throws OrchestratorError `run-failed` when the run did not complete, `stream-restarted` (see {@link TextOptions})
 */
export async function* textOf(
  events: AsyncIterable<LiveEvent>,
  isFromStart: boolean,
  { stepId, onRestart }: TextOptions = {},
): AsyncGenerator<string> {
  /** Steps of whose text something was given. */
  const given = new Set<string>();
  for await (const event of events) {
    if (event.type === 'run-failed' || event.type === 'run-cancelled') throw runFailed(event.jobId, event.error);
    if (event.type === 'run-completed') {
      const content = isFromStart && given.size === 0 && stepId === undefined ? contentOf(event.result) : undefined;
      if (content !== undefined) yield content;
      return;
    }
    if (!('stepId' in event) || (stepId !== undefined && event.stepId !== stepId)) continue;
    if (event.type === 'token' && event.text !== undefined) {
      given.add(event.stepId);
      yield event.text;
    } else if (event.type === 'restart' && given.delete(event.stepId)) {
      if (onRestart === undefined) throw restarted(event);
      onRestart(event);
    }
  }
}

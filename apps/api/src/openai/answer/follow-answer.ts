import { AppError, type LiveEvent, type ModelPart, type RunSnapshot } from '@orchestrator/contracts';
import { ClientGone } from '../../http/read-body.ts';
import { type FollowDeps, type FollowedRun, readFinished } from '../../live/follow-run.ts';
import { runFailure } from '../../problem/run-failure.ts';
import { findJob } from '../../runs/find-job.ts';
import { OpenAiError } from '../errors/openai-error.ts';
import { type Answer, type AnswerOptions, toAnswer } from './answer.ts';
import { approvalNeeded } from './approval-needed.ts';
import { createToldAnswer } from './told-answer.ts';

/** A piece of an answer, or the whole at its end. */
export type AnswerEvent = { readonly type: 'part'; readonly part: ModelPart } | { readonly type: 'end'; readonly answer: Answer };

export interface FollowAnswerOptions extends AnswerOptions {
  readonly runId: string;
  readonly signal: AbortSignal;
}

function toPart({ text, reasoning, toolCall }: Extract<LiveEvent, { type: 'token' }>): ModelPart {
  if (toolCall !== undefined) return { type: 'tool-call', ...toolCall } as ModelPart;
  return reasoning === undefined ? { type: 'text', text: text ?? '' } : { type: 'reasoning', text: reasoning };
}

function brokenOff(): OpenAiError {
  const kind = { status: 502, type: 'server_error', code: 'answer_interrupted' };
  return new OpenAiError(kind, "The answer broke off. It would begin anew, but what was sent can't be taken back.");
}

/**
 * The answer of a run that has ended.
 * @throws AppError `run-failed`
 */
export function endedAnswer(run: RunSnapshot, options: AnswerOptions): Answer {
  if (run.status !== 'completed') throw runFailure(run);
  return toAnswer(run, options);
}

/**
 * An answer piece by piece, and at its end as a whole. What is taken back before the first piece is not noticed.
 * @throws AppError `run-failed`, `shutting-down`, `store-unavailable`; OpenAiError when the answer begins anew after the first
 * piece, or waits for approval; ClientGone
 */
export async function* followAnswer(
  deps: Pick<FollowDeps, 'store' | 'clock'>,
  run: FollowedRun,
  { runId, signal, ...options }: FollowAnswerOptions,
): AsyncGenerator<AnswerEvent, void> {
  let told = createToldAnswer(options);
  for await (const event of run.events(signal)) {
    switch (event.type) {
      case 'token':
        for (const part of told.read(toPart(event))) yield { type: 'part', part };
        break;
      case 'restart':
        if (!told.isEmpty) throw brokenOff();
        told = createToldAnswer(options);
        break;
      case 'approval-requested': {
        // Of a run that is replayed it may have been decided since.
        const asking = await findJob(deps.store, runId);
        if (asking.status === 'waiting_approval') throw approvalNeeded(asking);
        break;
      }
      case 'run-completed':
      case 'run-failed':
      case 'run-cancelled': {
        const answer = endedAnswer(await readFinished(deps, runId), options);
        for (const part of told.rest(answer)) yield { type: 'part', part };
        yield { type: 'end', answer };
        return;
      }
    }
  }
  if (signal.aborted) throw new ClientGone();
  throw new AppError('shutting-down', 'The server is shutting down.', { retryable: true });
}

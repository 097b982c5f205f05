import { AppError, isTerminalRunStatus, type NewRun, type OpenAiErrorBody } from '@orchestrator/contracts';
import type { ApiContext } from '../../context.ts';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import { ClientGone } from '../../http/read-body.ts';
import type { Reply } from '../../http/reply.ts';
import type { Call } from '../../http/route.ts';
import { findJob } from '../../runs/find-job.ts';
import { submitLiveRun } from '../../runs/submit-live-run.ts';
import { asKnownError, openAiErrorReply } from '../errors/error-reply.ts';
import { OpenAiError } from '../errors/openai-error.ts';
import { abandonRun, abandonWhenGone } from './abandon-run.ts';
import { type Answer, type AnswerOptions, runHeader } from './answer.ts';
import { formHeaders, type PiecesForm } from './answer-form.ts';
import { approvalNeeded, approvalRequired } from './approval-needed.ts';
import { type AnswerEvent, endedAnswer, followAnswer } from './follow-answer.ts';
import { createToldAnswer } from './told-answer.ts';

type AnswerEvents = AsyncGenerator<AnswerEvent, void>;

async function* eventsOf(answer: Answer, options: AnswerOptions): AnswerEvents {
  for (const part of createToldAnswer(options).rest(answer)) yield { type: 'part', part };
  yield { type: 'end', answer };
}

interface OpenedAnswer {
  readonly runId: string;
  readonly isReplay: boolean;
  readonly events: AnswerEvents;
}

async function openAnswer(context: ApiContext, call: Call, run: NewRun, form: PiecesForm): Promise<OpenedAnswer> {
  const { runId, isReplay, run: followed } = await submitLiveRun(context, run);
  abandonWhenGone(context, run, runId, call.gone);
  if (isReplay) {
    // Of a run that has ended the answer is known, whatever was taken back on the way to it.
    const earlier = await findJob(context.store, runId);
    if (isTerminalRunStatus(earlier.status)) return { runId, isReplay, events: eventsOf(endedAnswer(earlier, form), form) };
    if (earlier.status === 'waiting_approval') throw approvalNeeded(earlier);
  }
  const options = { runId, signal: call.gone, isParallel: form.isParallel };
  return { runId, isReplay, events: followAnswer(context, followed, options) };
}

/** Whether there is nothing left to cancel: the run has ended, is to go on, or was cancelled when its client went away. */
function isSettled(error: unknown): boolean {
  if (error instanceof ClientGone) return true;
  if (error instanceof OpenAiError) return error.kind.code === approvalRequired;
  return error instanceof AppError && error.code === 'run-failed';
}

/**
 * Streams an answer. Status and headers are sent with the first piece, so whatever fails before it is an error like any other.
 * @throws AppError, OpenAiError, ClientGone
 */
export async function answerPieces(context: ApiContext, call: Call, run: NewRun, form: PiecesForm): Promise<Reply> {
  const { runId, isReplay, events } = await openAnswer(context, call, run, form);
  const format = form.pieces(runId);

  async function next(): Promise<IteratorResult<AnswerEvent, void>> {
    try {
      return await events.next();
    } catch (error) {
      if (!isSettled(error)) await abandonRun(context, run, runId);
      throw error;
    }
  }

  async function* write(first: IteratorResult<AnswerEvent, void>): AsyncGenerator<ServerSentEvent> {
    yield* format.start();
    try {
      for (let event = first; event.done !== true; event = await next()) {
        yield* event.value.type === 'part' ? format.part(event.value.part) : format.end(event.value.answer);
      }
    } catch (error) {
      if (error instanceof ClientGone) return;
      context.log.warn({ err: error, requestId: call.requestId, runId }, 'an answer broke off');
      yield* format.failure(openAiErrorReply(asKnownError(error), call.requestId).body as OpenAiErrorBody);
    }
  }

  const first = await next();
  return context.streams.reply(() => write(first), {
    signal: call.gone,
    headers: { ...runHeader(runId), ...formHeaders(form, isReplay) },
  });
}

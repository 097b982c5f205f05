import type { GenerateRequest } from '@orchestrator/contracts';
import type { ApiContext } from '../../context.ts';
import type { Reply } from '../../http/reply.ts';
import type { Call } from '../../http/route.ts';
import { modelRequestOf } from '../../runs/check-request.ts';
import { newGenerateRun } from '../../runs/new-run.ts';
import { type Answer, toAnswer } from './answer.ts';
import type { PiecesForm } from './answer-form.ts';
import { answerPieces } from './answer-pieces.ts';
import { answerWhole } from './answer-whole.ts';

/** How the answer of a model is written; `whole` and `pieces` say the same. */
export interface AnswerForm extends PiecesForm {
  readonly isStream: boolean;
  whole(answer: Answer): object;
}

/**
 * Makes a model call for a client of OpenAI's API, as a run like any other, and answers in the client's form.
 * @throws AppError, OpenAiError for everything that goes wrong before the answer begins
 */
export async function answerRequest(context: ApiContext, call: Call, request: GenerateRequest, form: AnswerForm): Promise<Reply> {
  const { needsApproval } = context.forecastRequest(modelRequestOf(request));
  const run = newGenerateRun(context.newId(), request, call, needsApproval ? context.approvalTimeoutMs : 0);
  if (form.isStream) return answerPieces(context, call, run, form);
  return answerWhole(context, call, run, {
    ignored: form.ignored,
    whole(completed) {
      const answer = toAnswer(completed, form);
      return { body: form.whole(answer), origin: answer.origin };
    },
  });
}

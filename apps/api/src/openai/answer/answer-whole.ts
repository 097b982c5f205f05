import { AppError, isTerminalRunStatus, type NewRun } from '@orchestrator/contracts';
import type { ApiContext } from '../../context.ts';
import { ClientGone } from '../../http/read-body.ts';
import type { Reply } from '../../http/reply.ts';
import type { Call } from '../../http/route.ts';
import { runFailure } from '../../problem/run-failure.ts';
import { submitRun } from '../../runs/submit-run.ts';
import { OpenAiError } from '../errors/openai-error.ts';
import { abandonRun } from './abandon-run.ts';
import { originHeaders } from './answer.ts';
import { formHeaders, type WholeForm } from './answer-form.ts';
import { approvalNeeded } from './approval-needed.ts';

/** A run ends by its own limit; this is for one that no worker takes. */
const graceMs = 15_000;

function nobodyAnswered(isClosing: boolean): Error {
  if (isClosing) return new AppError('shutting-down', 'The server is shutting down.', { retryable: true });
  const kind = { status: 504, type: 'server_error', code: 'timeout' };
  return new OpenAiError(kind, 'No worker has answered in time; the run was given up.');
}

/**
 * Waits for an answer to the end: OpenAI's clients know no answer that comes later.
 * @throws AppError `run-failed`, `shutting-down`; OpenAiError when the call waits for approval; ClientGone
 */
export async function answerWhole(context: ApiContext, call: Call, run: NewRun, form: WholeForm): Promise<Reply> {
  const { snapshot, runId, isReplay } = await submitRun(context, run, run.timeoutMs + graceMs, call.gone);
  if (snapshot !== null && isTerminalRunStatus(snapshot.status)) {
    if (snapshot.status !== 'completed') throw runFailure(snapshot);
    const { body, origin } = form.whole(snapshot);
    return { status: 200, body, headers: { ...originHeaders(origin), ...formHeaders(form, isReplay) } };
  }
  if (snapshot?.status === 'waiting_approval' && !call.gone.aborted) throw approvalNeeded(snapshot);
  await abandonRun(context, run, runId);
  throw call.gone.aborted ? new ClientGone() : nobodyAnswered(snapshot === null);
}

import type { NewRun, RunSnapshot } from '@orchestrator/contracts';
import { isTerminalRunStatus } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { keyedResponseHeaders, keyedSubmissionHeaders, retryHeaders } from '../http/documented-headers.ts';
import { parsePrefer, preferenceApplied, waitLimitMs } from '../http/prefer.ts';
import type { Reply } from '../http/reply.ts';
import type { Call } from '../http/route.ts';
import { submitRun } from '../runs/submit-run.ts';
import { jobPath } from '../views/job-view.ts';

/** What a request can say about how it is submitted. */
export const submissionHeaders = {
  Prefer: 'How long to wait for the result (RFC 7240): `wait=N` seconds, at most 300; `respond-async` not at all. Default 30 s.',
  ...keyedSubmissionHeaders,
};

/** What an accepted request is told about that. */
export const submittedHeaders = {
  'Preference-Applied': 'Which preference had an effect.',
  ...keyedResponseHeaders,
};

/** Of answers with 409, among other things to a request whose key is in use. */
export const inUseHeaders = { ...retryHeaders, Location: 'The job of the first request with this key.' };

/** How a kind of run is shown: when it is finished, and before. */
export interface SubmissionViews {
  finished(snapshot: RunSnapshot): Reply;
  /** `snapshot` is null when nothing is known but that the run was accepted. */
  pending(runId: string, snapshot: RunSnapshot | null): unknown;
}

/** Submits a run, waits as long as the client prefers, and answers with the result or with 202 and where to look. */
export async function answerSubmission(context: ApiContext, call: Call, run: NewRun, views: SubmissionViews): Promise<Reply> {
  const preferences = parsePrefer(call.header('prefer'));
  const limitMs = waitLimitMs(preferences, context.syncWaitMs);
  // Who doesn't wait for the answer will rather follow the run.
  const submitted = await submitRun(context, { ...run, live: run.live ?? limitMs === 0 }, limitMs, call.gone);
  const { snapshot, runId } = submitted;
  const reply: Reply =
    snapshot !== null && isTerminalRunStatus(snapshot.status)
      ? views.finished(snapshot)
      : { status: 202, headers: { Location: jobPath(runId) }, body: views.pending(runId, snapshot) };
  const applied = preferenceApplied(preferences, reply.status);
  return {
    ...reply,
    headers: {
      ...reply.headers,
      Vary: 'Prefer',
      ...(applied === undefined ? {} : { 'Preference-Applied': applied }),
      ...(submitted.isReplay ? { 'Idempotency-Replayed': 'true' } : {}),
    },
  };
}

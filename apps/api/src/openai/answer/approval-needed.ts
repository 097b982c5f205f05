import type { RunSnapshot } from '@orchestrator/contracts';
import { pendingApprovalOf } from '../../views/approval-view.ts';
import { jobPath } from '../../views/job-view.ts';
import { OpenAiError } from '../errors/openai-error.ts';
import { runHeader } from './answer.ts';

export const approvalRequired = 'approval_required';

/**
 * What a client is told whose call waits for approval. OpenAI has no answer that comes later, so it is an error; the run goes
 * on waiting, and once somebody agreed its job has the answer, as has the same request with the same idempotency key.
 * @param run - in `waiting_approval`
 */
export function approvalNeeded(run: RunSnapshot): OpenAiError {
  const approval = pendingApprovalOf(run);
  const cost = approval?.estimatedCostUSD ?? null;
  const reason = cost === null ? 'What this call can cost is not known' : `This call can cost ${cost} US dollars`;
  const how = approval === undefined ? '' : ` (POST ${approval.links.approve})`;
  const job = jobPath(run.runId);
  const kind = { status: 403, type: 'permission_error', code: approvalRequired };
  return new OpenAiError(kind, `${reason}, so somebody has to approve it first${how}. The answer will be at ${job}.`, {
    ...(approval === undefined ? {} : { approval }),
    headers: { Location: job, ...runHeader(run.runId) },
  });
}

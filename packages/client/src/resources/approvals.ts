import type { ApprovalList, ApprovalStatus, ApprovalView } from '@orchestrator/contracts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';
import { pagesOf } from './pages-of.ts';

/** Filters of `approvals.list`; absent ones let everything through. */
export interface ListApprovalsFilter {
  readonly status?: ApprovalStatus | undefined;
  readonly jobId?: string | undefined;
  /** Approvals per request, 1 to 500: the iteration goes over all pages. @defaultValue 50 */
  readonly limit?: number | undefined;
}

/** Who decided, and what they had to say. */
export interface Decision {
  readonly decidedBy?: string | undefined;
  readonly note?: string | undefined;
}

/** Calls that wait for somebody's agreement. */
export interface Approvals {
  /** All that fit, newest first; further pages are fetched as they are needed. */
  list(filter?: ListApprovalsFilter, options?: CallOptions): AsyncIterable<ApprovalView>;
  get(id: string, options?: CallOptions): Promise<ApprovalView>;
  /** Lets the call be made. @throws OrchestratorError `conflict` when it was decided or ended before */
  approve(id: string, decision?: Decision, options?: CallOptions): Promise<ApprovalView>;
  /** Fails the step. @throws OrchestratorError `conflict` when it was decided or ended before */
  reject(id: string, decision?: Decision, options?: CallOptions): Promise<ApprovalView>;
}

export function createApprovals(transport: Transport): Approvals {
  const path = (id: string, verb = '') => `/api/approvals/${encodeURIComponent(id)}${verb}`;
  return {
    list: (filter, options) =>
      pagesOf(
        transport,
        { path: '/api/approvals', query: { ...filter }, itemsOf: (page: ApprovalList) => page.approvals },
        options,
      ),
    get: (id, options) => transport.call({ method: 'GET', path: path(id) }, options),
    approve: (id, decision = {}, options) =>
      transport.call({ method: 'POST', path: path(id, '/approve'), body: decision }, options),
    reject: (id, decision = {}, options) =>
      transport.call({ method: 'POST', path: path(id, '/reject'), body: decision }, options),
  };
}

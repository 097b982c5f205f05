import type {
  GenerateResponse,
  JobList,
  JobView,
  LiveEvent,
  RunKind,
  RunListEntry,
  RunResponse,
  RunStatus,
  RunWorkflowRequest,
} from '@orchestrator/contracts';
import { createRunStream, type RunStream } from '../events/run-stream.ts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions, StreamOptions } from '../options.ts';
import { withJobId } from '../orchestrator-error.ts';
import { submitAndWait, waitingTimeoutMs } from '../runs/submit-and-wait.ts';
import { waitForEnd } from '../runs/wait-for-end.ts';
import { pagesOf } from './pages-of.ts';

/** Filters of `runs.list`; absent ones let everything through. */
export interface ListRunsFilter {
  readonly kind?: RunKind | undefined;
  readonly status?: RunStatus | readonly RunStatus[] | undefined;
  /** Name of a workflow. */
  readonly workflow?: string | undefined;
  /** Id of a saved workflow. */
  readonly workflowId?: string | undefined;
  readonly userId?: string | undefined;
  /** Asked by one of the run's steps. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly tag?: string | undefined;
  /** Accepted at this time or later: ISO 8601, a time with offset or a day. */
  readonly from?: string | undefined;
  /** Accepted before this time. */
  readonly to?: string | undefined;
  readonly minCostUSD?: number | undefined;
  readonly maxCostUSD?: number | undefined;
  /** Runs per request, 1 to 500: the iteration goes over all pages. @defaultValue 50 */
  readonly limit?: number | undefined;
}

export interface StreamRunOptions extends StreamOptions {
  /** Goes on behind this event. @defaultValue from the run's first event */
  readonly lastEventId?: string | undefined;
  /** Only events of these types, and the last one. @defaultValue all */
  readonly types?: readonly LiveEvent['type'][] | undefined;
}

/** Runs of both kinds: workflows, and single model calls. */
export interface Runs {
  /** Starts a workflow and doesn't wait for it. */
  create(request: RunWorkflowRequest, options?: CallOptions): Promise<RunResponse>;
  /**
   * Starts a workflow and waits for its end, which may take longer than any HTTP request. A run that failed is an answer: look
   * at `status`. After a `timeout` the error's `jobId` leads on to `wait`; the same `idempotencyKey` finds the same run.
   * @throws OrchestratorError
   */
  createAndWait(request: RunWorkflowRequest, options?: CallOptions): Promise<RunResponse>;
  get(id: string, options?: CallOptions): Promise<JobView>;
  /** All runs that fit, newest first; further pages are fetched as they are needed. */
  list(filter?: ListRunsFilter, options?: CallOptions): AsyncIterable<RunListEntry>;
  /** Waits for the end of a run. */
  wait(id: string, options?: CallOptions): Promise<JobView>;
  /** The events of a run, past and future ones. */
  stream(id: string, options?: StreamRunOptions): RunStream<GenerateResponse | RunResponse>;
  /** Asks for the end of a run; one that has ended stays as it is. */
  cancel(id: string, options?: CallOptions): Promise<JobView>;
}

/** An amount without an exponent, to the nano-dollar. */
function decimal(amountUsd: number | undefined): string | undefined {
  return amountUsd?.toFixed(9).replace(/\.?0+$/, '');
}

const jobPath = (id: string) => `/api/jobs/${encodeURIComponent(id)}`;

export function createRuns(transport: Transport): Runs {
  return {
    create: (body, options) =>
      transport.call(
        { method: 'POST', path: '/api/workflows/run', body },
        { ...options, headers: { prefer: 'respond-async', ...options?.headers } },
      ),
    createAndWait: (body, options) => submitAndWait(transport, { method: 'POST', path: '/api/workflows/run', body }, options),
    get: (id, options) => transport.call({ method: 'GET', path: jobPath(id) }, options),
    list: ({ status, minCostUSD, maxCostUSD, ...filter } = {}, options) => {
      const query = {
        ...filter,
        status: status === undefined ? undefined : [status].flat().join(','),
        minCostUSD: decimal(minCostUSD),
        maxCostUSD: decimal(maxCostUSD),
      };
      return pagesOf(transport, { path: '/api/jobs', query, itemsOf: (page: JobList) => page.jobs }, options);
    },
    async wait(id, options) {
      const deadline = transport.deadline(options, waitingTimeoutMs);
      const headers = options?.headers ?? {};
      try {
        await waitForEnd({ transport, deadline, jobId: id, headers });
        return (await transport.send<JobView>({ method: 'GET', path: jobPath(id), headers }, deadline)).body;
      } catch (error) {
        throw withJobId(error, id);
      } finally {
        deadline.dispose();
      }
    },
    stream: (id, { lastEventId, types, ...options } = {}) =>
      createRunStream({ transport, place: { jobId: id, lastEventId }, ...(types === undefined ? {} : { types }), options }),
    cancel: (id, options) => transport.call({ method: 'POST', path: `${jobPath(id)}/cancel` }, options),
  };
}

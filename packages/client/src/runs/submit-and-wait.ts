import type { Deadline } from '../http/deadline.ts';
import type { HttpRequest } from '../http/exchange.ts';
import { isInUse } from '../http/retry.ts';
import { type Answer, answerWithinMs, callHeaders, type Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';
import { withJobId } from '../orchestrator-error.ts';
import { waitForEnd } from './wait-for-end.ts';

/** How long one request waits for the result: as long as proxies usually let it. */
const maxWaitMs = 30_000;
/** Kept of the call's time, so that the job's id is known when it ends. */
const reserveMs = 1_000;
/** A call that waits for a run, where nobody sets another limit. */
export const waitingTimeoutMs = 600_000;

function prefer(deadline: Deadline): string {
  const waitSeconds = Math.floor((Math.min(maxWaitMs + reserveMs, deadline.remainingMs()) - reserveMs) / 1_000);
  return waitSeconds < 1 ? 'respond-async' : `wait=${waitSeconds}`;
}

/**
 * Submits a run and waits for its end, however long it takes: when the server stops waiting, the run's events are followed to
 * the last one, and the same request, which by its idempotency key is the same run, is answered with the result.
 */
export async function submitAndWait<Body>(
  transport: Transport,
  request: Omit<HttpRequest, 'headers'>,
  options: CallOptions | undefined,
): Promise<Body> {
  const deadline = transport.deadline(options, waitingTimeoutMs);
  const headers = callHeaders('POST', options);
  let jobId: string | undefined;

  /** @returns null when there is no result yet */
  async function submit(): Promise<Answer<Body> | null> {
    const waiting = { ...request, headers: { prefer: prefer(deadline), ...headers } };
    try {
      const sent = { withinMs: maxWaitMs + answerWithinMs, isAnswer: isInUse };
      const answer = await transport.send<Body>(waiting, deadline, sent);
      if (answer.status !== 202) return answer;
      jobId = /[^/]+$/.exec(answer.headers.get('location') ?? '')?.[0] ?? jobId;
    } catch (error) {
      if (!isInUse(error)) throw error;
      jobId = error.jobId;
    }
    return null;
  }

  try {
    for (;;) {
      const answer = await submit();
      if (answer !== null) return answer.body;
      if (jobId === undefined) await deadline.pause(transport.retryDelayMs);
      else await waitForEnd({ transport, deadline, jobId });
    }
  } catch (error) {
    throw withJobId(error, jobId);
  } finally {
    deadline.dispose();
  }
}

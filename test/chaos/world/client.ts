import { pollUntil } from '../waiting.ts';
import type { AcceptedRun } from './record.ts';

export interface Submission {
  /** Idempotency-Key; the same key is the same run. */
  readonly key: string;
  readonly body: object;
  /** @defaultValue `respond-async` */
  readonly prefer?: string;
}

export interface Answer {
  readonly status: number;
  /** Present when the run was accepted. */
  readonly runId: string | undefined;
}

const requestTimeoutMs = 40_000;
const acceptTimeoutMs = 90_000;

/** One try. Rejects when no answer came. */
export async function submitOnce(apiUrl: string, submission: Submission): Promise<Answer> {
  const response = await fetch(`${apiUrl}/api/workflows/run`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': submission.key,
      prefer: submission.prefer ?? 'respond-async',
    },
    body: JSON.stringify(submission.body),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const body = (await response.json()) as { runId?: string; jobId?: string; code?: string };
  // The API that took the run died a moment ago: for some seconds its caller counts as waiting.
  if (body.code === 'idempotency-key-in-use') return { status: response.status, runId: body.jobId };
  if (response.ok && body.runId === undefined) throw new Error(`a 2xx without a run id: ${JSON.stringify(body)}`);
  if (!response.ok && response.status < 500) throw new Refused(`${response.status}: ${JSON.stringify(body)}`);
  return { status: response.status, runId: response.ok ? body.runId : undefined };
}

/** An answer that trying again can't change. */
class Refused extends Error {
  override readonly name = 'Refused';
}

/** Tries until the run is accepted, as a client is told to: same key, again after 5xx or no answer. */
export async function submitUntilAccepted(apiUrl: string, submission: Submission): Promise<AcceptedRun> {
  const startedAtMs = Date.now();
  const outcome = await pollUntil<{ runId: string } | Refused>(
    async () => {
      try {
        const { runId } = await submitOnce(apiUrl, submission);
        return runId === undefined ? undefined : { runId };
      } catch (error) {
        if (error instanceof Refused) return error;
        throw error;
      }
    },
    { what: `submission ${submission.key} is accepted`, timeoutMs: acceptTimeoutMs, intervalMs: 200 },
  );
  if (outcome instanceof Refused) throw outcome;
  return { key: submission.key, runId: outcome.runId, tookMs: Date.now() - startedAtMs };
}

import type { Problem } from '@orchestrator/contracts';
import { OrchestratorError } from '../orchestrator-error.ts';

/** Statuses that a proxy in between, or a server that starts, answers for a while. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** More of it helps nobody who reads the message. */
const maxShownText = 200;

function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

function parseProblem(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.code === 'string' && typeof value.detail === 'string' ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function messageOf({ detail, errors = [] }: Problem): string {
  const shown = errors.slice(0, 3).map(({ pointer, message }) => `${pointer === '' ? 'request' : pointer}: ${message}`);
  return [detail, ...shown, ...(errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [])].join(' · ');
}

/** Whether waiting may help: as the problem says, for the statuses where that can be. */
function isRetryable(status: number, problem: Problem | undefined): boolean {
  if (problem === undefined) return passingStatuses.has(status);
  return problem.retryable;
}

function codeOf(status: number, problem: Problem | undefined): OrchestratorError['code'] {
  if (problem !== undefined) return problem.code as OrchestratorError['code'];
  return passingStatuses.has(status) ? 'network-error' : 'invalid-response';
}

/** Makes the error of an answer whose status says that the call failed; reads its body. */
export async function answerError(response: Response): Promise<OrchestratorError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const problem = parseProblem(text);
  const message =
    problem === undefined
      ? `The server answered ${status} without saying why${text === '' ? '' : `: ${text.slice(0, maxShownText)}`}`
      : messageOf(problem);
  return new OrchestratorError(message, {
    status,
    code: codeOf(status, problem),
    retryable: isRetryable(status, problem),
    retryAfterMs: retryAfterMs(headers),
    requestId: problem?.requestId ?? headers.get('x-request-id') ?? undefined,
    problem,
  });
}

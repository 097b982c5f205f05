import { AppError } from '@orchestrator/contracts';
import type { Log } from '../ports.ts';

/** What is used of a limiter of the library; a refusal rejects with the same figures, a failure with an `Error`. */
export interface RequestCounter {
  consume(key: string): Promise<RequestCount>;
}

export type MakeRequestCounter = (options: {
  readonly keyPrefix: string;
  readonly points: number;
  readonly durationS: number;
}) => RequestCounter;

interface RequestCount {
  readonly remainingPoints: number;
  readonly msBeforeNext: number;
}

/**
 * Counts a request of a tenant.
 * @returns the headers that tell how much is left (draft-ietf-httpapi-ratelimit-headers)
 * @throws AppError `rate-limited`, with the same headers
 */
export type RequestLimit = (tenantId: string) => Promise<Readonly<Record<string, string>>>;

const windowS = 60;
const policyName = 'submissions';

function isCount(reason: unknown): reason is RequestCount {
  return typeof reason === 'object' && reason !== null && 'msBeforeNext' in reason && 'remainingPoints' in reason;
}

/** A counter that fails lets everything through: requests must not depend on it. */
export function createRequestLimit(
  makeCounter: MakeRequestCounter,
  requestsPerMinute: number,
  log: Pick<Log, 'warn'>,
): RequestLimit {
  const counter = makeCounter({ keyPrefix: policyName, points: requestsPerMinute, durationS: windowS });
  const policy = `"${policyName}";q=${requestsPerMinute};w=${windowS}`;
  const headersOf = ({ remainingPoints, msBeforeNext }: RequestCount) => ({
    'RateLimit-Policy': policy,
    RateLimit: `"${policyName}";r=${Math.max(0, remainingPoints)};t=${Math.max(1, Math.ceil(msBeforeNext / 1_000))}`,
  });

  return async (tenantId) => {
    try {
      return headersOf(await counter.consume(tenantId));
    } catch (reason) {
      if (!isCount(reason)) {
        log.warn({ err: reason }, 'requests could not be counted and are let through');
        return {};
      }
      throw new AppError('rate-limited', `No more than ${requestsPerMinute} submissions are taken in ${windowS} s.`, {
        retryable: true,
        retryAfterMs: reason.msBeforeNext,
        details: { headers: headersOf(reason) },
      });
    }
  };
}

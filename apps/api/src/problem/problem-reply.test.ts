import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { problemReply } from './problem-reply.ts';

describe('problemReply', () => {
  it.each([0, 401, 503])('answers 503 when the store is down, whatever its transport got (%i)', (status) => {
    const error = new AppError('store-unavailable', 'The database is not reachable.', { retryable: true, details: { status } });
    expect(problemReply(error, 'r')).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '1' },
      body: { status: 503, code: 'store-unavailable', retryable: true },
    });
  });

  it('answers a failed model call with the status that belongs to its error', () => {
    const error = new AppError('run-failed', 'Too many requests.', { details: { status: 429, jobId: 'j' } });
    expect(problemReply(error, 'r')).toMatchObject({ status: 429, body: { status: 429, code: 'run-failed', jobId: 'j' } });
  });
});

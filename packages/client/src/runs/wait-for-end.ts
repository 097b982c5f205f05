import { followRun } from '../events/follow-run.ts';
import type { Deadline } from '../http/deadline.ts';
import type { Transport } from '../http/transport.ts';

export interface WaitForEndOptions {
  readonly transport: Transport;
  readonly deadline: Deadline;
  readonly jobId: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Resolves once a run has ended. */
export async function waitForEnd({ transport, deadline, jobId, headers = {} }: WaitForEndOptions): Promise<void> {
  const place = { jobId, lastEventId: undefined };
  // The last event is always sent; the others are not wanted.
  for await (const _ of followRun({ transport, deadline, place, headers, types: ['run-completed'] }));
}

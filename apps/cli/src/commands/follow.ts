import type { RunStream, StreamOptions } from '@orchestrator/client';
import type { LiveEvent } from '@orchestrator/contracts';
import { createProgress } from '../progress/progress.ts';
import { resumeHintOf } from '../session/resume-hint.ts';
import type { Session } from '../session/session.ts';

export interface FollowOptions<Result> {
  /** Opens the stream; must pass the options on. */
  readonly open: (options: StreamOptions) => RunStream<Result>;
  readonly stepIds?: readonly string[];
}

/** Shows a run while it happens, to its end: as events in JSON, or as progress. */
export async function follow<Result>(
  session: Session,
  { open, stepIds = [] }: FollowOptions<Result>,
): Promise<RunStream<Result>> {
  const progress = session.isJson ? null : createProgress({ terminal: session.terminal, stepIds });
  const stream = open({ ...session.call, onReconnect: (reconnect) => progress?.onReconnect(reconnect) });
  try {
    for await (const event of stream) {
      session.resumeHint = resumeHintOf(event.jobId, stream.lastEventId);
      if (progress === null) printEvent(session, event);
      else progress.onEvent(event);
    }
  } finally {
    progress?.close();
  }
  return stream;
}

/** One event as one line of JSON. */
export function printEvent({ terminal }: Session, event: LiveEvent): void {
  terminal.print(JSON.stringify(event));
}

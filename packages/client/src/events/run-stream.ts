import type { JobView, LiveEvent } from '@orchestrator/contracts';
import { createDeadline } from '../http/deadline.ts';
import type { HttpRequest } from '../http/exchange.ts';
import type { Transport } from '../http/transport.ts';
import type { StreamOptions } from '../options.ts';
import { followRun, type Place } from './follow-run.ts';
import { isTerminal, type TerminalEvent } from './parse-live-event.ts';
import { resultOfEvent, resultOfJob } from './run-result.ts';
import { shareEvents } from './share-events.ts';
import { type TextOptions, textOf } from './text-of.ts';

/**
 * A run's events as they happen, each once and in order. Nothing is sent before something is read, and a lost connection is
 * taken up again where it was. Leaving the loop closes the connection; the run goes on, and so does the stream when it is
 * read again. Several may read it at the same time.
 */
export interface RunStream<Result> extends AsyncIterable<LiveEvent> {
  /** Id of the run; resolves once the server has accepted it. */
  readonly jobId: Promise<string>;
  /** Id of the last event that was read: `runs.stream` goes on behind it, also in another process. */
  readonly lastEventId: string | undefined;
  /** Pieces of the answer's text. @throws OrchestratorError `run-failed`, `stream-restarted` */
  text(options?: TextOptions): AsyncIterable<string>;
  /** What the call that waits would have answered; reads the stream to its end. @throws OrchestratorError `run-failed` */
  result(): Promise<Result>;
}

export interface RunStreamSource {
  readonly transport: Transport;
  /** Where to begin: a run, and behind which of its events. */
  readonly place: Place;
  /** Opens the stream of a run that is not known yet. */
  readonly submit?: HttpRequest;
  readonly types?: readonly LiveEvent['type'][];
  readonly options?: StreamOptions | undefined;
}

export function createRunStream<Result>({ transport, place, submit, types, options }: RunStreamSource): RunStream<Result> {
  const isFromStart = place.lastEventId === undefined && types === undefined;
  let last: TerminalEvent | null = null;

  const events = shareEvents(async function* open(): AsyncGenerator<LiveEvent> {
    if (last !== null) return;
    const deadline = createDeadline(options?.timeoutMs, options?.signal);
    try {
      const follow = { transport, deadline, place, headers: options?.headers ?? {}, onReconnect: options?.onReconnect };
      const opening = { ...(submit === undefined ? {} : { submit }), ...(types === undefined ? {} : { types }) };
      for await (const event of followRun({ ...follow, ...opening })) {
        if (isTerminal(event)) last = event;
        yield event;
      }
    } finally {
      deadline.dispose();
    }
  });

  async function readToEnd(): Promise<void> {
    for await (const _ of events.read());
  }

  return {
    [Symbol.asyncIterator]: events.read,
    get lastEventId() {
      return place.lastEventId;
    },
    get jobId() {
      return jobIdOf(place, events.begin);
    },
    text: (textOptions) => textOf(events.read(), isFromStart, textOptions),
    async result() {
      if (last === null) await readToEnd();
      if (last !== null) return resultOfEvent(last) as Result;
      // The end was told to somebody else, and the server has nothing more to say.
      const path = `/api/jobs/${encodeURIComponent(await jobIdOf(place, events.begin))}`;
      return resultOfJob(await transport.call<JobView>({ method: 'GET', path }, options)) as Result;
    },
  };
}

async function jobIdOf(place: Place, begin: () => Promise<void>): Promise<string> {
  if (place.jobId === undefined) await begin();
  if (place.jobId === undefined) throw new TypeError('the stream has no job');
  return place.jobId;
}

import { eventsStart, isAfter, type LiveEvent, parseEventId } from '@orchestrator/contracts';
import type { Deadline } from '../http/deadline.ts';
import type { HttpRequest } from '../http/exchange.ts';
import { isInUse, isWorthRetrying, retryPauseMs } from '../http/retry.ts';
import { answerWithinMs, type Transport } from '../http/transport.ts';
import type { StreamOptions } from '../options.ts';
import { OrchestratorError, withJobId } from '../orchestrator-error.ts';
import { isTerminal, parseLiveEvent } from './parse-live-event.ts';
import { readServerSentEvents } from './read-server-sent-events.ts';

/** The server's heartbeat comes each 15 s. */
const idleTimeoutMs = 45_000;
/** A connection that stood this long was no failed attempt, whether or not anything happened in the run. */
const steadyMs = 10_000;

/** How far a reader is: what a lost stream is taken up again from. */
export interface Place {
  jobId: string | undefined;
  lastEventId: string | undefined;
}

export interface FollowOptions {
  readonly transport: Transport;
  readonly deadline: Deadline;
  /** Moves on with every event. */
  readonly place: Place;
  /** Opens the stream while no job id is known: the submit itself. */
  readonly submit?: HttpRequest;
  /** Only events of these types, and the last one. */
  readonly types?: readonly LiveEvent['type'][];
  readonly headers?: Readonly<Record<string, string>>;
  readonly onReconnect?: StreamOptions['onReconnect'];
}

function nextRequest({ place, submit, types, headers }: FollowOptions): HttpRequest {
  const accept = { accept: 'text/event-stream' };
  if (place.jobId === undefined) {
    if (submit === undefined) throw new TypeError('following a run takes its id');
    return { ...submit, headers: { ...accept, ...submit.headers } };
  }
  return {
    method: 'GET',
    path: `/api/jobs/${encodeURIComponent(place.jobId)}/events`,
    query: { types: types?.join(',') },
    headers: {
      ...accept,
      ...(place.lastEventId === undefined ? {} : { 'last-event-id': place.lastEventId }),
      ...headers,
    },
  };
}

function jobIdOf(headers: Headers): string | undefined {
  return headers.get('x-job-id') ?? /\/api\/jobs\/([^/?]+)/.exec(headers.get('location') ?? '')?.[1];
}

function bodyOf(response: Response, { method, path }: HttpRequest): ReadableStream<Uint8Array> {
  const type = response.headers.get('content-type') ?? 'no type';
  if (response.body !== null && type.startsWith('text/event-stream')) return response.body;
  void response.body?.cancel();
  const message = `${method} ${path} was answered with ${type} instead of events: is baseUrl right?`;
  throw new OrchestratorError(message, { status: response.status, code: 'invalid-response', retryable: false });
}

function interrupted(place: Place, attempts: number, cause: OrchestratorError | undefined): OrchestratorError {
  const reason = cause?.message ?? 'The server closed it each time without sending anything new.';
  return new OrchestratorError(`The stream could not be taken up again in ${attempts} attempts. ${reason}`, {
    code: 'stream-interrupted',
    retryable: true,
    status: cause?.status,
    requestId: cause?.requestId,
    problem: cause?.problem,
    jobId: place.jobId,
    cause,
  });
}

/**
 * The events of a run, each once and in order, to its last one: connects again from the last event seen whenever the stream is
 * lost. Ends early only when the server says that nothing can come any more.
 *
 * @throws OrchestratorError when the server refuses, or when more than `maxRetries` attempts in a row got nowhere
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<LiveEvent> {
  const { transport, deadline, place } = options;
  let pauseBaseMs = transport.retryDelayMs;
  let failures = 0;

  for (;;) {
    const openedAtMs = performance.now();
    let failure: OrchestratorError | undefined;
    try {
      const request = nextRequest(options);
      const response = await transport.exchange(request, deadline.signal, answerWithinMs);
      place.jobId ??= jobIdOf(response.headers);
      if (response.status === 204) return;
      const onRetry = (delayMs: number) => {
        pauseBaseMs = delayMs;
      };
      for await (const { id, data } of readServerSentEvents(bodyOf(response, request), { idleTimeoutMs, onRetry })) {
        if (!isNew(id, place)) continue;
        const event = parseLiveEvent(data);
        place.lastEventId = id ?? place.lastEventId;
        failures = 0;
        if (event === null) continue;
        place.jobId ??= event.jobId;
        yield event;
        if (isTerminal(event)) return;
      }
    } catch (error) {
      if (deadline.signal.aborted) throw withJobId(deadline.signal.reason, place.jobId);
      // Somebody else has submitted the run with this key and waits for it: it is followed like one of our own.
      if (place.jobId === undefined && isInUse(error)) {
        place.jobId = error.jobId;
        continue;
      }
      if (!isWorthRetrying(error)) throw withJobId(error, place.jobId);
      failure = error;
    }
    failures = performance.now() - openedAtMs >= steadyMs ? 1 : failures + 1;
    if (failures > transport.maxRetries) throw interrupted(place, failures, failure);
    const pauseMs = retryPauseMs(failures, pauseBaseMs, failure?.retryAfterMs);
    options.onReconnect?.({ failures, pauseMs, error: failure });
    await deadline.pause(pauseMs);
  }
}

/** Events without a position are taken as they come. */
function isNew(id: string | undefined, place: Place): boolean {
  const position = id === undefined ? null : parseEventId(id);
  const last = place.lastEventId === undefined ? eventsStart : (parseEventId(place.lastEventId) ?? eventsStart);
  return position === null || isAfter(position, last);
}

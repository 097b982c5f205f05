import {
  type EventPosition,
  formatEventId,
  jobEventsQuerySchema,
  type LiveEvent,
  liveEventSchema,
  parseEventId,
  validationError,
} from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { ServerSentEvent } from '../http/event-streams.ts';
import { type Call, parseQuery, type Route } from '../http/route.ts';
import { followRun } from '../live/follow-run.ts';
import { isTerminalEvent } from '../live/run-feed.ts';
import { parseJobId } from '../runs/find-job.ts';

/** As long as readers share a view. */
const sent = new WeakMap<LiveEvent, ServerSentEvent>();

export function toServerSentEvent(event: LiveEvent): ServerSentEvent {
  const known = sent.get(event);
  if (known !== undefined) return known;
  const made = { id: formatEventId(event), event: event.type, data: JSON.stringify(event) };
  sent.set(event, made);
  return made;
}

/** Where the reader left off. The header is what browsers send when they reconnect, so it is newer than the address. */
function positionOf(call: Call, fromQuery: string | undefined): EventPosition | undefined {
  const header = call.header('last-event-id');
  const id = header === undefined || header === '' ? fromQuery : header;
  if (id === undefined || id === '') return undefined;
  const position = parseEventId(id);
  if (position !== null) return position;
  throw validationError([
    {
      pointer: header === id ? '' : '/lastEventId',
      code: 'invalid-event-id',
      message: 'Last-Event-ID must be the id of an event of this job, such as 1-17',
    },
  ]);
}

/** Tokens can't be read without what takes them back. */
function typesToSend(types: readonly LiveEvent['type'][]): ReadonlySet<string> {
  return new Set([...types, ...(types.includes('token') ? ['restart'] : [])]);
}

async function* filtered(events: AsyncIterable<LiveEvent>, types: ReadonlySet<string> | null): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) {
    if (types === null || types.has(event.type) || isTerminalEvent(event)) yield toServerSentEvent(event);
  }
}

/** Everything that happens in a job, from its beginning or from where the reader left off. */
export function jobEventsRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/jobs/:id/events',
    query: 'own',
    doc: {
      operationId: 'streamJobEvents',
      summary: 'Follow a job',
      description:
        'Server-sent events, numbered, from the first one or from after `Last-Event-ID`. The last one ends the stream.',
      tag: 'jobs',
      query: jobEventsQuerySchema,
      headers: { 'Last-Event-ID': 'Id of the last event that was received.' },
      responses: {
        200: { description: 'The events.', contentType: 'text/event-stream', schema: liveEventSchema },
        204: { description: 'The job has ended, and nothing comes after this position.' },
      },
    },
    async handle(call) {
      const query = parseQuery(jobEventsQuerySchema, call.query);
      const after = positionOf(call, query.lastEventId);
      const run = await followRun(context, parseJobId(call.param('id')), after);
      if (run.isOver && after !== undefined) return { status: 204 };
      const types = query.types === undefined ? null : typesToSend(query.types);
      return context.streams.reply((signal) => filtered(run.events(signal), types), { signal: call.gone });
    },
  };
}

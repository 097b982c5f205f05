import { AppError, livezResponseSchema, readyzResponseSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { retryHeaders } from '../http/documented-headers.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import type { Clock } from '../ports.ts';

const pingLimitMs = 2_000;

const livezDoc: RouteDoc = {
  operationId: 'checkLiveness',
  summary: 'Whether the process runs',
  tag: 'server',
  responses: { 200: { description: 'It does.', schema: livezResponseSchema } },
};

const readyzDoc: RouteDoc = {
  operationId: 'checkReadiness',
  summary: 'Whether new work can be taken',
  tag: 'server',
  responses: {
    200: { description: 'Database and queue answer.', schema: readyzResponseSchema },
    503: { description: 'One of them does not answer within 2 s: see `checks`.', headers: retryHeaders },
  },
};

/** The process runs and its event loop turns. */
export function livezRoute(): Route {
  return {
    doc: livezDoc,
    method: 'GET',
    path: '/livez',
    query: 'own',
    handle: () => ({ status: 200, body: { status: 'ok' } }),
  };
}

async function answersInTime(clock: Clock, ping: () => Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const stopTimer = clock.setTimer(pingLimitMs, () => late.resolve(false));
  try {
    return await Promise.race([ping().then(() => true), late.promise]);
  } catch {
    return false;
  } finally {
    stopTimer();
  }
}

/** Whether new work can be taken: both the database and the queue answer within 2 s. */
export function readyzRoute(context: ApiContext): Route {
  return {
    doc: readyzDoc,
    method: 'GET',
    path: '/readyz',
    query: 'own',
    async handle() {
      const [store, queue] = await Promise.all([
        answersInTime(context.clock, () => context.store.ping()),
        answersInTime(context.clock, () => context.queue.ping()),
      ]);
      const checks = { store: store ? 'ok' : 'failed', queue: queue ? 'ok' : 'failed' };
      if (store && queue) return { status: 200, body: { status: 'ok', checks } };
      const failed = Object.entries(checks).filter(([, state]) => state === 'failed');
      throw new AppError(
        store ? 'queue-unavailable' : 'store-unavailable',
        `Not answering: ${failed.map(([part]) => part).join(' and ')}.`,
        { retryable: true, details: { checks } },
      );
    },
  };
}

import type { ClosedLoop, Work } from '../producers/load.ts';
import type { ContenderName } from './contender.ts';

/** One measurement that some contenders go through, one after the other. */
export interface Phase {
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly ContenderName[];
  readonly load:
    | ({ readonly type: 'closed-loop' } & Pick<ClosedLoop, 'work' | 'inFlight'>)
    | { readonly type: 'one-by-one' | 'burst'; readonly work: Work; readonly count: number };
}

export const stepsPerRun = 3;
/** Runs at once in the phases with waiting steps: the slots of one worker process. */
export const slots = 200;

export const phases: readonly Phase[] = [
  {
    name: 'load-100',
    title: '100 in flight',
    contenders: ['bullmq', 'pg', 'bullmq-4', 'http'],
    load: { type: 'closed-loop', work: 'noop', inFlight: 100 },
  },
  {
    name: 'load-500',
    title: '500 in flight',
    contenders: ['pg', 'http'],
    load: { type: 'closed-loop', work: 'noop', inFlight: 500 },
  },
  {
    name: 'idle',
    title: 'one at a time',
    contenders: ['bullmq', 'pg', 'bullmq-4', 'http', 'api'],
    load: { type: 'one-by-one', work: 'noop', count: 100 },
  },
  {
    name: 'wait-50',
    title: '200 in flight, 3 × 50 ms waits',
    contenders: ['bare', 'pg', 'http'],
    load: { type: 'closed-loop', work: 'wait-50', inFlight: slots },
  },
  {
    name: 'burst',
    title: '200 at once, 3 × 50 ms waits',
    contenders: ['bare', 'pg', 'http'],
    load: { type: 'burst', work: 'wait-50', count: slots },
  },
  {
    name: 'model-40',
    title: '200 in flight, 3 model calls of 40 ms',
    contenders: ['bare', 'pg', 'http'],
    load: { type: 'closed-loop', work: 'model-40', inFlight: slots },
  },
  {
    name: 'model-burst',
    title: '200 at once, 3 model calls of 40 ms',
    contenders: ['bare', 'pg', 'http'],
    load: { type: 'burst', work: 'model-40', count: slots },
  },
  {
    name: 'load-64',
    title: '64 connections',
    contenders: ['api'],
    load: { type: 'closed-loop', work: 'noop', inFlight: 64 },
  },
];

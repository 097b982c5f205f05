import type { GoalResult } from '../benchmark.ts';
import { idealRunMs } from '../producers/load.ts';
import { medianOf, ratioOf, type Samples } from '../samples.ts';
import { stepsPerRun } from './phases.ts';

interface Goal {
  readonly goal: string;
  readonly unit: string;
  readonly digits: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly measure: (samples: Samples) => number | undefined;
}

const perSecond = (contender: string, phase: string) => `${contender}.${phase}.perSecond`;
const ratio = (contender: string, yardstick: string) => (samples: Samples) =>
  ratioOf(samples, perSecond(contender, 'load-100'), perSecond(yardstick, 'load-100'));
const shareOfBare = (contender: string, phase: string) => (samples: Samples) => {
  const share = ratioOf(samples, perSecond(contender, phase), perSecond('bare', phase));
  return share === undefined ? undefined : share * 100;
};
const burst = (contender: string) => (samples: Samples) => {
  const elapsedMs = medianOf(samples, `${contender}.burst.elapsedMs`);
  return elapsedMs === undefined ? undefined : elapsedMs / idealRunMs['wait-50'];
};

const goals: readonly Goal[] = [
  {
    goal: '1  throughput at 100 in flight, pg ÷ BullMQ 1 × 200',
    unit: '×',
    digits: 2,
    atLeast: 0.5,
    measure: ratio('pg', 'bullmq'),
  },
  {
    goal: '1  throughput at 100 in flight, pg ÷ BullMQ 4 × 50',
    unit: '×',
    digits: 2,
    atLeast: 0.2,
    measure: ratio('pg', 'bullmq-4'),
  },
  {
    goal: '1  throughput at 100 in flight, HTTP ÷ BullMQ 1 × 200',
    unit: '×',
    digits: 2,
    atLeast: 0.3,
    measure: ratio('http', 'bullmq'),
  },
  {
    goal: '3  200 × 3 × 50 ms waits, pg, of bare JavaScript',
    unit: '%',
    digits: 0,
    atLeast: 70,
    measure: shareOfBare('pg', 'wait-50'),
  },
  {
    goal: '3  200 × 3 × 50 ms waits, HTTP, of bare JavaScript',
    unit: '%',
    digits: 0,
    atLeast: 55,
    measure: shareOfBare('http', 'wait-50'),
  },
  {
    goal: '3  200 × 3 model calls of 40 ms, pg, of bare JavaScript',
    unit: '%',
    digits: 0,
    atLeast: 70,
    measure: shareOfBare('pg', 'model-40'),
  },
  { goal: '3  burst of 200 × 3 × 50 ms, pg ÷ ideal 150 ms', unit: '×', digits: 2, atMost: 1.7, measure: burst('pg') },
  {
    goal: '5  requests to the store per step, pg, 100 in flight',
    unit: '',
    digits: 3,
    atMost: 0.1,
    measure: (samples) => medianOf(samples, 'pg.load-100.requestsPerStep'),
  },
  {
    goal: `5  requests of an idle run of ${stepsPerRun} steps, pg`,
    unit: '',
    digits: 2,
    atMost: stepsPerRun + 2,
    measure: (samples) => medianOf(samples, 'pg.idle.requestsPerRun'),
  },
];

/** Compares the medians with the goals. What was not measured is not met. */
export function judge(samples: Samples): GoalResult[] {
  return goals.map(({ goal, unit, digits, atLeast, atMost, measure }) => {
    const measured = measure(samples);
    const limit = atLeast ?? atMost ?? Number.NaN;
    const write = (value: number) => `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
    const isMet = measured !== undefined && (atLeast === undefined ? measured <= limit + 1e-9 : measured >= limit);
    const advantage = measured === undefined ? Number.NaN : atLeast === undefined ? limit / measured - 1 : measured / limit - 1;
    return {
      goal,
      wanted: `${atLeast === undefined ? '≤' : '≥'} ${write(limit)}`,
      measured: measured === undefined ? 'not measured' : write(measured),
      isMet,
      distance: measured === undefined ? '' : `${advantage >= 0 ? '+' : '−'}${Math.abs(advantage * 100).toFixed(0)} %`,
    };
  });
}

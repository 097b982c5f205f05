import type { GoalResult } from '../benchmark.ts';
import { idealRunMs } from '../producers/load.ts';
import { medianOf, ratioOf, type Samples } from '../samples.ts';
import { cell, renderTable } from '../table.ts';
import { type ContenderName, contenderNames, contenderTitles } from './contender.ts';
import { phases } from './phases.ts';

type Value = (what: string) => number | undefined;

function valuesOf(samples: Samples, contender: ContenderName, phase: string): Value {
  return (what) => medianOf(samples, `${contender}.${phase}.${what}`);
}

function throughputTable(samples: Samples): string {
  const rows = (['bullmq', 'bullmq-4', 'pg', 'http'] as const).map((name) => {
    const at100 = valuesOf(samples, name, 'load-100');
    const at500 = valuesOf(samples, name, 'load-500');
    const idle = valuesOf(samples, name, 'idle');
    const key = `${name}.load-100.perSecond`;
    return [
      contenderTitles[name],
      cell(at100('perSecond')),
      spread(samples[key]),
      cell(ratioOf(samples, key, 'bullmq.load-100.perSecond'), 2),
      cell(ratioOf(samples, key, 'bullmq-4.load-100.perSecond'), 2),
      cell(at100('p50Ms'), 1),
      cell(at500('perSecond')),
      cell(idle('p50Ms'), 2),
      cell(idle('p95Ms'), 2),
      cell(at100('rssMb')),
    ];
  });
  const header = ['', '/s at 100', 'range', '÷ 1×200', '÷ 4×50', 'p50 ms', '/s at 500', 'idle p50 ms', 'p95 ms', 'worker MB'];
  return renderTable(header, rows);
}

function spread(values: readonly number[] | undefined): string {
  return values === undefined ? '–' : `${cell(Math.min(...values))}–${cell(Math.max(...values))}`;
}

function waitingTable(samples: Samples): string {
  const rows = (['bare', 'pg', 'http'] as const).map((name) => {
    const share = (phase: string) => {
      const ratio = ratioOf(samples, `${name}.${phase}.perSecond`, `bare.${phase}.perSecond`);
      return ratio === undefined ? '–' : `${cell(ratio * 100)} %`;
    };
    const burst = (phase: string, idealMs: number) => {
      const elapsedMs = valuesOf(samples, name, phase)('elapsedMs');
      return elapsedMs === undefined ? '–' : `${cell(elapsedMs / idealMs, 2)} ×`;
    };
    return [
      contenderTitles[name],
      cell(valuesOf(samples, name, 'wait-50')('perSecond')),
      share('wait-50'),
      burst('burst', idealRunMs['wait-50']),
      cell(valuesOf(samples, name, 'model-40')('perSecond')),
      share('model-40'),
      burst('model-burst', idealRunMs['model-40']),
    ];
  });
  const header = [
    '200 at once',
    '3 × 50 ms waits /s',
    'of bare',
    'burst ÷ 150 ms',
    '3 × 40 ms calls /s',
    'of bare',
    'burst ÷ 120 ms',
  ];
  return renderTable(header, rows);
}

/** Requests per run and rows per request of each SQL function, idle and under load. */
function storeTable(samples: Samples, contender: 'pg' | 'http' | 'api'): string {
  const phasesShown = contender === 'api' ? ['idle', 'load-64'] : ['idle', 'load-100', 'load-500', 'wait-50', 'model-40'];
  const prefix = `${contender}.`;
  const functions = [
    ...new Set(
      Object.keys(samples).flatMap((name) => {
        const found = name.startsWith(prefix) ? /\.requests\.(\w+)$/.exec(name)?.[1] : undefined;
        return found === undefined ? [] : [found];
      }),
    ),
  ].sort();
  const row = (title: string, of: (value: Value) => string) => [
    title,
    ...phasesShown.map((phase) => of(valuesOf(samples, contender, phase))),
  ];
  const rows = [
    ...functions.map((name) =>
      row(name, (value) => {
        const requests = value(`requests.${name}`);
        return requests === undefined ? '–' : `${cell(requests, 3)} (${cell(value(`batch.${name}`), 1)})`;
      }),
    ),
    row('all, per step', (value) => cell(value('requestsPerStep'), 3)),
  ];
  return renderTable([`${contender}: requests per run (rows each)`, ...phasesShown], rows);
}

/** Where the two cores go: CPU milliseconds per run of each process, and the worker's event loop. */
function costTable(samples: Samples): string {
  const rows = contenderNames.flatMap((name) =>
    phases.flatMap(({ name: phase, load }) => {
      const value = valuesOf(samples, name, phase);
      if (load.type !== 'closed-loop' || value('perSecond') === undefined || name === 'bare') return [];
      const busy = value('loopBusy');
      return [
        [
          `${name} ${phase}`,
          ...['worker', 'producer', 'api', 'redis', 'postgres', 'rest'].map((part) => cell(value(`cpuMs.${part}`), 3)),
          busy === undefined ? '–' : `${cell(busy * 100)} %`,
          cell(value('loopDelayP50Ms')),
          cell(value('loopDelayP99Ms')),
          cell(value('loopDelayMaxMs')),
          cell(value('rssMb')),
        ],
      ];
    }),
  );
  const header = [
    'CPU ms per run',
    'worker',
    'producer',
    'api',
    'redis',
    'postgres',
    'lite',
    'loop busy',
    'delay p50',
    'p99',
    'max',
    'MB',
  ];
  return renderTable(header, rows);
}

function apiTable(samples: Samples): string {
  const idle = valuesOf(samples, 'api', 'idle');
  const load = valuesOf(samples, 'api', 'load-64');
  return renderTable(
    [
      'POST /api/workflows/run, waiting for the result',
      'c=1 p50 ms',
      'p95 ms',
      'max RPS at 64',
      'p50 ms',
      'p95 ms',
      'API MB',
      'loop busy',
    ],
    [
      [
        contenderTitles.api,
        cell(idle('p50Ms'), 2),
        cell(idle('p95Ms'), 2),
        cell(load('perSecond')),
        cell(load('p50Ms'), 1),
        cell(load('p95Ms'), 1),
        cell(load('apiRssMb')),
        `${cell((load('apiLoopBusy') ?? Number.NaN) * 100)} %`,
      ],
    ],
  );
}

function goalTable(goals: readonly GoalResult[]): string {
  const rows = goals.map(({ goal, wanted, measured, isMet, distance }) => [
    goal,
    wanted,
    measured,
    distance,
    isMet ? 'PASS' : 'FAIL',
  ]);
  return renderTable(['goal', 'wanted', 'measured', 'distance', ''], rows);
}

/** Medians over the rounds; ratios are medians of the rounds' own ratios. */
export function renderReport(samples: Samples, goals: readonly GoalResult[]): string {
  return [
    throughputTable(samples),
    waitingTable(samples),
    apiTable(samples),
    storeTable(samples, 'pg'),
    storeTable(samples, 'http'),
    storeTable(samples, 'api'),
    costTable(samples),
    goalTable(goals),
  ].join('\n\n');
}

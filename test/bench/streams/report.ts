import type { GoalResult } from '../benchmark.ts';
import { medianOf, type Samples } from '../samples.ts';
import { cell, renderTable } from '../table.ts';
import { idleStreams } from './idle-streams.ts';
import { backends } from './installation.ts';
import { audiences } from './throughput.ts';

const addedGoalMs = 8;
const idleGoalMb = 150;

/** Median over the rounds of what a backend's first token takes longer than the SDK's. */
function added(samples: Samples, backend: string, share: 'p50Ms' | 'p95Ms'): number {
  return (medianOf(samples, `${backend}.token.${share}`) ?? Number.NaN) - (medianOf(samples, `sdk.token.${share}`) ?? Number.NaN);
}

function distance(measured: number, limit: number): string {
  return `${measured <= limit ? '−' : '+'}${cell(Math.abs((measured / limit - 1) * 100))} %`;
}

export function judge(samples: Samples): GoalResult[] {
  const addedMs = added(samples, 'redis', 'p50Ms');
  const idleMb = medianOf(samples, 'idle.rssMb.added') ?? Number.NaN;
  return [
    {
      goal: 'added to the time to the first token at c=1, Redis, p50',
      wanted: `≤ ${addedGoalMs} ms`,
      measured: `${cell(addedMs, 1)} ms`,
      isMet: addedMs <= addedGoalMs,
      distance: distance(addedMs, addedGoalMs),
    },
    {
      goal: `memory that ${cell(idleStreams)} idle streams add to an API process`,
      wanted: `≤ ${idleGoalMb} MB`,
      measured: `${cell(idleMb)} MB`,
      isMet: idleMb <= idleGoalMb,
      distance: distance(idleMb, idleGoalMb),
    },
  ];
}

function firstTokenTable(samples: Samples): string {
  const value = (key: string) => cell(medianOf(samples, key), 2);
  const rows = [
    ['the vendor’s SDK', '–', '–', value('sdk.token.p50Ms'), value('sdk.token.p95Ms'), '–', '–'],
    ...backends.map((backend) => [
      `ours, queue on ${backend}`,
      value(`${backend}.run-accepted.p50Ms`),
      value(`${backend}.run-started.p50Ms`),
      value(`${backend}.token.p50Ms`),
      value(`${backend}.token.p95Ms`),
      cell(added(samples, backend, 'p50Ms'), 2),
      cell(added(samples, backend, 'p95Ms'), 2),
    ]),
  ];
  return renderTable(['ms until, at c=1', 'accepted', 'started', 'first token', 'p95', 'added', 'added p95'], rows);
}

function throughputTable(samples: Samples): string {
  const rows = backends.flatMap((backend) =>
    Object.entries(audiences).map(([name, { jobs, readers }]) => {
      const value = (what: string) => medianOf(samples, `${backend}.${name}.${what}`);
      return [
        `${jobs} × ${readers} readers, queue on ${backend}`,
        cell(value('perSecond')),
        cell(value('cpuUsPerEvent'), 1),
        cell(value('workerCpuUsPerPiece'), 0),
        `${cell((value('loopBusy') ?? Number.NaN) * 100)} %`,
      ];
    }),
  );
  return renderTable(['events of one API process', 'per s', 'CPU µs each', 'worker µs per piece', 'loop busy'], rows);
}

function idleTable(samples: Samples): string {
  const value = (what: string, digits = 0) => cell(medianOf(samples, `idle.${what}`), digits);
  return renderTable(
    [`${cell(idleStreams)} idle streams`, 'started', 'jobs accepted', 'opened', 'idle', 'closed'],
    [
      ['memory, MB', value('rssMb.started'), value('rssMb.before'), value('rssMb.opened'), value('rssMb.idle'), ''],
      ['open handles', '', value('handles.before'), '', value('handles.idle'), value('handles.after')],
      ['CPU, % of a core', '', '', '', value('cpuPercent', 1), ''],
    ],
  );
}

export function renderReport(samples: Samples, goals: readonly GoalResult[]): string {
  const rows = goals.map(({ goal, wanted, measured, isMet, distance: from }) => [
    goal,
    wanted,
    measured,
    from,
    isMet ? 'PASS' : 'FAIL',
  ]);
  return [
    firstTokenTable(samples),
    throughputTable(samples),
    idleTable(samples),
    renderTable(['goal', 'wanted', 'measured', 'distance', ''], rows),
  ].join('\n\n');
}

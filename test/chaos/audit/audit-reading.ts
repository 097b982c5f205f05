import { formatEventId, isAfter, type LiveEvent } from '@orchestrator/contracts';
import type { RunReading } from '../world/record.ts';
import type { EventFacts, StepFacts } from './facts.ts';
import { isTakeover } from './takeover-times.ts';

export interface ReadingFindings {
  readonly violations: readonly string[];
  readonly voidEvents: number;
}

/** The leases whose worker was lost: the next one to hold the run took it over. */
function lostEpochs(events: readonly EventFacts[]): ReadonlySet<number> {
  const takenOver = events.filter(isTakeover).map(({ epoch }) => epoch);
  return new Set(takenOver.flatMap((epoch) => Array.from({ length: epoch - 1 }, (_, index) => index + 1)));
}

/** The text that a reader has of a step: what came since the last restart. */
function textOf(events: readonly LiveEvent[], stepId: string): string {
  const own = events.filter((event) => 'stepId' in event && event.stepId === stepId);
  const since = own.findLastIndex(({ type }) => type === 'restart') + 1;
  return own.slice(since).reduce((text, event) => (event.type === 'token' ? text + (event.text ?? '') : text), '');
}

/**
 * Whether a reader got everything that is stored, once and in order, and nothing else but what a lost worker told and could not
 * store; and whether it holds the right answers in the end.
 */
export function auditReading(
  { runId, events: read }: RunReading,
  { events, steps }: { readonly events: readonly EventFacts[]; readonly steps: readonly StepFacts[] },
): ReadingFindings {
  const violations: string[] = [];
  const expect = (isRight: boolean, violation: string) => {
    if (!isRight) violations.push(`a reader of run ${runId}: ${violation}`);
  };
  const stored = new Map(events.map((event) => [formatEventId(event), event]));
  const ids = read.map(formatEventId);
  const disordered = read.findIndex((event, index) => index > 0 && !isAfter(event, read[index - 1] ?? event));
  expect(disordered === -1, `got ${ids[disordered]} after ${ids[disordered - 1]}`);
  const got = new Set(ids);
  const missed = [...stored.keys()].filter((id) => !got.has(id));
  expect(missed.length === 0, `missed ${missed.join()}`);

  const lost = lostEpochs(events);
  const isVoid = ({ epoch, seq }: LiveEvent) =>
    lost.has(epoch) && events.every((event) => event.epoch !== epoch || event.seq < seq);
  const unstored = read.filter((event) => !stored.has(formatEventId(event)));
  const invented = unstored.filter((event) => !isVoid(event));
  expect(invented.length === 0, `was told ${invented.map(formatEventId).join()}, which no lost worker can have told`);
  const changed = read.filter((event) => (stored.get(formatEventId(event))?.type ?? event.type) !== event.type);
  expect(changed.length === 0, `was told other events as ${changed.map(formatEventId).join()}`);

  const last = events.at(-1);
  expect(last !== undefined && ids.at(-1) === formatEventId(last), `ended with ${ids.at(-1)}`);
  for (const { record, status } of steps) {
    if (status !== 'completed' || record.action !== 'generate') continue;
    expect(textOf(read, record.path) === record.output, `has another answer of step ${record.path}`);
  }
  return { violations, voidEvents: unstored.length };
}

import { type PlacedEvent, type RunEvent, unpackTokens } from '@orchestrator/contracts';
import type { MemoryRun, MemoryStore } from './memory-store.ts';

const ends = /^(run|step)-(completed|failed|skipped|cancelled)$/;

/** What readers were told while it happened, held against what is stored in the end. */
export class ToldEvents {
  readonly #byRun = new Map<string, Map<string, RunEvent>>();
  readonly #contradictions: string[] = [];

  add(run: { readonly runId: string; readonly epoch: number }, events: readonly RunEvent[]): void {
    const told = this.#byRun.get(run.runId) ?? new Map<string, RunEvent>();
    this.#byRun.set(run.runId, told);
    for (const event of events) {
      const key = `${run.epoch}-${event.seq}`;
      if (told.has(key)) this.#contradictions.push(`${run.runId}: event ${key} was told twice`);
      told.set(key, event);
    }
  }

  /** What must hold when everything has come to rest. */
  check(store: MemoryStore): string[] {
    const broken = [...this.#contradictions];
    for (const [runId, run] of store.runs) {
      const stored = run.events.flatMap(unpackTokens);
      broken.push(...this.#checkTold(runId, stored), ...checkAnswers(runId, run, stored));
    }
    return broken;
  }

  #checkTold(runId: string, stored: readonly PlacedEvent[]): string[] {
    const byKey = new Map(stored.map((event) => [`${event.epoch}-${event.seq}`, event]));
    return [...(this.#byRun.get(runId) ?? [])].flatMap(([key, { type, data }]) => {
      const kept = byKey.get(key);
      if (kept === undefined) return ends.test(type) ? [`${runId}: ${type} was told as ${key} and is not stored`] : [];
      const isSame = kept.type === type && JSON.stringify(kept.data) === JSON.stringify(data);
      return isSame ? [] : [`${runId}: ${key} was told as ${type}, stored as ${kept.type}`];
    });
  }
}

/** The pieces of an answer since the last restart are the answer. */
function checkAnswers(runId: string, run: MemoryRun, stored: readonly PlacedEvent[]): string[] {
  if (run.accepted.live !== true) return [];
  return [...run.steps.values()].flatMap((step) => {
    if (step.action !== 'generate' || step.status !== 'completed') return [];
    const own = stored.filter(({ data }) => data.path === step.path);
    const since = own.findLastIndex(({ type }) => type === 'restart') + 1;
    const text = own.slice(since).flatMap(({ type, data }) => (type === 'token' ? [data.part] : []));
    return text.join('') === step.output ? [] : [`${runId}: ${step.path} was told as ${JSON.stringify(text.join(''))}`];
  });
}

import type { Wake, WakeJob } from '@orchestrator/contracts';
import { validateWorkflow } from '../definition/validate.ts';
import { checkAlways, checkApproval, checkAtEnd, checkCall, checkCommit } from './invariants.ts';
import { MemoryStore } from './memory-store.ts';
import { randomRouting, randomWorkflow } from './random-workflow.ts';
import { SeededRandom } from './seeded-random.ts';
import { ToldEvents } from './told-events.ts';
import { VirtualTime } from './virtual-time.ts';
import { VirtualUpstream } from './virtual-upstream.ts';
import { type Faults, VirtualWorker, type WorldParts } from './virtual-worker.ts';

export interface SimulationResult {
  readonly seed: number;
  /** Broken invariants; empty when all is well. */
  readonly violations: readonly string[];
  readonly runs: number;
  readonly calls: number;
  readonly crashes: number;
  /** Workers that were shut down in good order. */
  readonly stops: number;
  readonly takeovers: number;
  readonly approvals: { readonly asked: number; readonly decided: number };
  /** Calls after the first one of a try. */
  readonly fallbacks: number;
  /** Simulated time until everything had come to rest, milliseconds. */
  readonly durationMs: number;
}

const leaseMs = 7_000;
/** Faults happen in this first part of a simulation; then everything must come to rest. */
const faultyMs = 120_000;
const limitMs = 4 * 3_600_000;
/** A poll of the reconciler plus one round trip to the store and the way to the vendor. */
const cancelGraceMs = 2_000;

const noFaults: Faults = { crash: 0, freeze: 0, storeLoss: 0, queueLoss: 0, queueDuplicate: 0, upstreamFailure: 0 };

function randomFaults(random: SeededRandom): Faults {
  const maybe = (most: number) => (random.chance(0.6) ? random.next() * most : 0);
  return {
    crash: maybe(0.03),
    freeze: maybe(0.02),
    storeLoss: maybe(0.1),
    queueLoss: maybe(0.5),
    queueDuplicate: maybe(0.5),
    upstreamFailure: maybe(0.4),
  };
}

/** Plays one random world: a few workers, a few runs, every fault. The same seed plays the same world. */
export async function simulate(seed: number): Promise<SimulationResult> {
  const random = new SeededRandom(seed);
  const startMs = 1_800_000_000_000;
  const time = new VirtualTime(startMs);
  const chosen = randomFaults(random);
  const faults = (): Faults => (time.nowMs < startMs + faultyMs ? chosen : noFaults);
  const store = new MemoryStore({ nowMs: () => time.nowMs, leaseMs });
  const upstream = new VirtualUpstream(time, random, () => faults().upstreamFailure);
  const told = new ToldEvents();
  const violations = new Set<string>();
  const report = (broken: readonly string[]) => {
    for (const sentence of broken) violations.add(sentence);
  };
  const workers: VirtualWorker[] = [];
  let crashes = 0;
  let stops = 0;
  let workerNo = 0;

  const commitRun = store.commitRun.bind(store);
  store.commitRun = (commit) => {
    report(checkCommit(store, commit));
    return commitRun(commit);
  };
  // A frozen worker may be between its last check and the call: its calls are the price of not knowing, and are booked.
  upstream.onCall = (call) => {
    report(checkApproval(store, call));
    if (chosen.freeze === 0) report(checkCall(store, call, cancelGraceMs));
  };

  const deliver = (job: WakeJob) => {
    const alive = workers.filter((worker) => worker.isAlive);
    if (alive.length > 0) random.pick(alive).receive(job);
  };
  const sendWakes = (wakes: readonly Wake[]) => {
    for (const { runId, epoch, wakeNo, delayMs } of wakes) {
      if (random.chance(faults().queueLoss)) continue;
      for (let copies = random.chance(faults().queueDuplicate) ? 2 : 1; copies > 0; copies -= 1) {
        time.after((delayMs ?? 0) + random.between(0, 300), () => deliver({ runId, epoch, wakeNo }));
      }
    }
  };
  const parts: WorldParts = {
    time,
    random,
    store,
    upstream,
    told,
    leaseMs,
    approvalTimeoutMs: random.pick([1_000, 30_000, 600_000]),
    faults,
    sendWakes,
    onError: (facts, sentence) => {
      const error = 'error' in facts && facts.error instanceof Error ? facts.error : undefined;
      if (error?.message !== 'lost') violations.add(`error logged: ${sentence}: ${error?.stack ?? JSON.stringify(facts)}`);
    },
    onCrash: () => {
      crashes += 1;
      time.after(random.between(100, 5_000), startWorker);
    },
    onStopped: () => {
      stops += 1;
      time.after(random.between(100, 5_000), startWorker);
    },
  };
  function startWorker(): void {
    workerNo += 1;
    const worker = new VirtualWorker(`w${workerNo}`, random.between(-300_000, 300_000), parts);
    workers.push(worker);
    if (time.nowMs < startMs + faultyMs && random.chance(0.3))
      time.after(random.between(500, 40_000), () => worker.stop(random.between(0, 5_000)));
  }
  for (let count = random.between(1, 3); count > 0; count -= 1) startWorker();

  const runCount = random.between(1, 8);
  let accepted = 0;
  for (let index = 0; index < runCount; index += 1) {
    time.after(random.between(0, 20_000), () => {
      accepted += 1;
      const { definition, input } = randomWorkflow(random);
      const valid = validateWorkflow(definition);
      if (!valid.ok)
        return void violations.add(`an invalid workflow was made: ${JSON.stringify(valid.issues)} ${JSON.stringify(definition)}`);
      const runId = `run-${seed}-${index}`;
      const { maxCostNanoUsd } = valid.plan;
      const isGenerate = random.chance(0.25);
      const request = { prompt: 'p'.repeat(random.between(1, 80)), maxTokens: random.between(1, 200), ...randomRouting(random) };
      const kind = isGenerate ? ('generate' as const) : ('workflow' as const);
      const run = {
        id: runId,
        kind,
        tenantId: 'default',
        requestId: runId,
        workflowName: 'simulated',
        ...(isGenerate ? {} : { definitionSha256: runId, definition }),
        input: isGenerate ? { ...request, explain: random.chance(0.5) } : input,
        priority: 'normal' as const,
        live: random.chance(0.5),
        timeoutMs: random.pick([10_000, 3_600_000]),
        ...(maxCostNanoUsd !== undefined && { maxCostNanoUsd }),
      };
      store.acceptRun(run).then(
        (result) => {
          if (result.status === 'accepted')
            sendWakes([{ runId, kind, epoch: result.epoch, wakeNo: result.wakeNo, priority: 'normal' }]);
        },
        (error: unknown) => void violations.add(`accept failed: ${String(error)}`),
      );
      if (random.chance(0.15))
        time.after(random.between(0, 30_000), () => void store.requestCancel(runId).then((wake) => wake && sendWakes([wake])));
    });
  }

  // Somebody who decides now and then, and often not in time.
  const approvals = { asked: 0, decided: 0 };
  const decideSome = async (): Promise<void> => {
    const { approvals: pending } = await store.listApprovals({ tenantId: 'default', status: 'pending', limit: 100 });
    for (const { id: approvalId } of pending) {
      if (random.chance(0.5)) continue;
      const decision = random.chance(0.7) ? 'approve' : 'reject';
      // A worker holds the run for a moment: asked again the next time.
      const answer = await store.decideApproval({ tenantId: 'default', approvalId, decision }).catch(() => null);
      if (answer?.status !== 'decided') continue;
      approvals.decided += 1;
      sendWakes([answer.wake]);
    }
  };
  const decideLater = (): void => {
    time.after(random.between(500, 20_000), () => void decideSome().finally(decideLater));
  };
  decideLater();

  const isAtRest = () =>
    accepted === runCount && store.runs.size === runCount && [...store.runs.values()].every((run) => run.finishedAtMs !== null);
  await time.run(isAtRest, startMs + limitMs, () => report(checkAlways(store)));
  report(checkAtEnd(store, upstream.calls));
  report(told.check(store));
  approvals.asked = [...store.runs.keys()].reduce((sum, runId) => sum + store.approvalsOf(runId).length, 0);
  const takeovers = workers.reduce((sum, worker) => sum + worker.engine.counts.takeovers, 0);
  return {
    seed,
    violations: [...violations],
    runs: runCount,
    calls: upstream.calls.length,
    crashes,
    stops,
    takeovers,
    approvals,
    fallbacks: [...store.runs.values()]
      .flatMap((run) => [...run.steps.values()])
      .reduce((sum, step) => sum + step.attempts.filter((attempt) => attempt.isFallback === true).length, 0),
    durationMs: time.nowMs - startMs,
  };
}

import { AppError, ModelCallError, type ModelPlan, type ModelPlanResult } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { dataLengthOf, maxDataLength } from '../machine/data-length.ts';
import type { Models, RunTelemetry } from '../ports.ts';
import { stepError } from '../step-failure.ts';
import { answerMs, createWorld, generate, hourMs, startMs } from '../testing/engine-world.ts';

describe('Engine', () => {
  it('executes a run and tells whoever waits for it', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a'), generate('b')], { replyTo: 'node-1' });
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    expect(await world.until(() => run()?.status === 'completed')).toBe(true);
    expect(world.calls).toEqual(['a', 'b']);
    expect(world.finished).toEqual(['node-1 r1']);
    expect(world.engine.counts).toMatchObject({ claimed: 1, finished: 1, active: 0 });
  });

  it('takes a generate request literally', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [], { kind: 'generate', input: { prompt: 'keep {{this}} as it is' } });
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    await world.until(() => run()?.status === 'completed');
    expect(world.calls).toEqual(['keep {{this}} as it is']);
  });

  it('writes a slow call down while it runs, so that its reservation survives a crash', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a')]);
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    expect(await world.until(() => run()?.inFlight.length === 1)).toBe(true);
    expect(run()).toMatchObject({ status: 'running', reservedNanoUsd: 10, inFlight: [{ path: 'a', attempt: 1 }] });
  });

  it('finds runs by itself and executes them while the queue is down', async () => {
    const queue = { wake: () => Promise.reject(new Error('down')), notifyReply: () => {} };
    const world = createWorld({ queue });
    const run = await world.accept('r1', [{ id: 'd', action: 'delay', delayMs: 60_000 }, generate('a')]);
    world.engine.start();
    expect(await world.until(() => run()?.status === 'completed')).toBe(true);
  });

  it('enqueues a parked run for the moment it is due', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [{ id: 'd', action: 'delay', delayMs: 60_000 }]);
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    await world.until(() => world.wakes.length === 1);
    expect(world.wakes).toEqual([{ runId: 'r1', kind: 'workflow', epoch: 1, wakeNo: 2, priority: 'normal', delayMs: 60_000 }]);
    expect(run()).toMatchObject({ status: 'waiting', leaseOwner: null });
  });

  it('lets the call in flight end when it drains, and gives the rest back', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a'), generate('b')]);
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    await world.until(() => world.calls.length === 1);
    let isDrained = false;
    void world.engine.drain(10_000).then(() => {
      isDrained = true;
    });
    await world.until(() => isDrained);
    expect(run()).toMatchObject({ status: 'queued', costNanoUsd: 5 });
    expect(run()?.steps.get('a#1')).toMatchObject({ status: 'completed' });
    expect(world.calls).toEqual(['a']);
  });

  it('books what a lost worker spent also when it is shut down while it takes the run over', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a')]);
    await world.store.claimRun({ runId: 'r1', workerId: 'lost', token: 'lost' });
    const { time, store, engine } = world;
    const claimRun = store.claimRun.bind(store);
    store.claimRun = async (claim) => {
      const claimed = await claimRun(claim);
      await new Promise<void>((done) => time.after(20, done));
      return claimed;
    };
    time.after(8_000, () => {
      void engine.handleWake({ runId: 'r1', epoch: 1, wakeNo: 2 });
      void engine.drain(10_000);
    });
    await world.until(() => run()?.status === 'queued' && run()?.commitNo === 1);
    expect(run()).toMatchObject({ costNanoUsd: 10, inFlight: [], reservedNanoUsd: 0 });
    expect(run()?.steps.get('a#1')?.attempts).toMatchObject([{ outcome: 'abandoned' }]);
    expect(world.calls).toEqual([]);
  });

  it('keeps the limit of a run whose step is called deadline', async () => {
    const world = createWorld();
    const delays = ['deadline', 'next', 'last'].map((id) => ({ id, action: 'delay', delayMs: 1_500 }));
    const run = await world.accept('r1', delays, { timeoutMs: 2_000 });
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    await world.until(() => run()?.finishedAtMs !== null);
    expect(run()).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' } });
  });

  it('fails the step that brings the data of a run over the limit, whoever holds it', async () => {
    const world = createWorld();
    const copies = Array.from({ length: 30 }, (_, index) => ({ id: `s${index}`, action: 'transform', set: '{{input}}' }));
    const pause = { id: 'pause', action: 'delay', delayMs: 60_000 };
    const steps = [...copies.slice(0, 2), pause, ...copies.slice(2)];
    const run = await world.accept('r1', steps, { input: 'x'.repeat(1_000_000) });
    void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    await world.until(() => world.wakes.length === 1);
    world.time.after(60_000, () => void world.engine.handleWake({ runId: 'r1', epoch: 1, wakeNo: 2 }));
    await world.until(() => run()?.finishedAtMs !== null);
    expect(run()).toMatchObject({ status: 'failed', error: { name: 'Step.OutputTooLarge' } });
    const records = run()?.finishedSteps ?? [];
    expect(records.map(({ path, status }) => `${path} ${status}`).slice(-2)).toEqual(['s3 completed', 's4 failed']);
    expect(records.reduce((sum, record) => sum + dataLengthOf(record), 0)).toBeLessThanOrEqual(maxDataLength);
  });

  it.each(['claimRun', 'getDefinition'] as const)('charges nothing for an answer of %s that got lost', async (method) => {
    const world = createWorld();
    const answer = world.store[method].bind(world.store) as (...parameters: unknown[]) => Promise<unknown>;
    let losses = 3;
    Object.assign(world.store, {
      async [method](...parameters: unknown[]) {
        const value = await answer(...parameters);
        if (losses-- > 0) throw new AppError('store-unavailable', 'lost', { retryable: true });
        return value;
      },
    });
    // A worst case booked by mistake would leave too little.
    const run = await world.accept('r1', [generate('a')], { maxCostNanoUsd: 15 });
    world.engine.start();
    world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 }).catch(() => {});
    const deliver = () => {
      for (const wake of world.wakes.splice(0)) world.engine.handleWake(wake).catch(() => {});
    };
    await world.time.run(() => run()?.finishedAtMs !== null, startMs + hourMs, deliver);
    expect(run()).toMatchObject({ status: 'completed', costNanoUsd: 5, lostCount: 0 });
    expect(world.engine.counts.takeovers).toBe(0);
  });

  it('makes no call that was cancelled while the commit before it was on its way', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a'), generate('b')]);
    const { time, store, engine } = world;
    const commitRun = store.commitRun.bind(store);
    store.commitRun = async (commit) => {
      if (commit.steps.some(({ status }) => status === 'completed')) await new Promise<void>((done) => time.after(3_000, done));
      return commitRun(commit);
    };
    void engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    time.after(answerMs + 100, () => engine.cancel(['r1']));
    await world.until(() => run()?.finishedAtMs !== null);
    expect(run()).toMatchObject({ status: 'cancelled' });
    expect(world.calls).toEqual(['a']);
  });

  describe('with a router that falls back', () => {
    const plan = (provider: string, changes: Partial<ModelPlan> = {}): ModelPlanResult => ({
      ok: true,
      plan: { provider, model: 'm', request: { prompt: 'x' }, worstCaseNanoUsd: 10, ...changes },
    });
    const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };

    it('makes the second call in the same try, after the first one is stored', async () => {
      const stored: number[] = [];
      const world = createWorld({
        models: {
          plan: (_request, previous = []) => plan(previous.length === 0 ? 'one' : 'two'),
          async call({ provider }) {
            stored.push(run()?.steps.get('generate#1')?.attempts.length ?? 0);
            if (provider === 'one') throw new ModelCallError(stepError('Provider.Unavailable', 'down'));
            const toolCalls = [{ id: 't1', name: 'look', arguments: '{}' }];
            const facts = {
              provider,
              model: 'm',
              usage,
              costNanoUsd: 5,
              costBasis: 'catalogue',
              toolCalls,
              reasoning: 'hm',
            } as const;
            return { content: 'answer', finishReason: 'tool-calls', ...facts };
          },
        },
      });
      const run = await world.accept('r1', [], { kind: 'generate', input: { prompt: 'x' } });
      void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      await world.until(() => run()?.finishedAtMs !== null);
      expect(run()).toMatchObject({ status: 'completed', costNanoUsd: 5, output: 'answer' });
      expect(stored).toEqual([0, 1]);
      expect(run()?.steps.get('generate#1')?.attempts).toMatchObject([
        { outcome: 'failed', provider: 'one', hasFallback: true },
        { outcome: 'succeeded', provider: 'two', isFallback: true, reasoning: 'hm', toolCalls: [{ name: 'look' }] },
      ]);
    });

    it('tells whoever waits when a run begins to wait for an approval, and goes on after the decision', async () => {
      const world = createWorld({
        models: {
          plan: () => plan('one', { approval: { thresholdUSD: 0.5 } }),
          call: async ({ provider }) => {
            world.calls.push(provider);
            return { content: 'a', finishReason: 'stop', provider, model: 'm', usage, costNanoUsd: 5, costBasis: 'catalogue' };
          },
        },
      });
      const run = await world.accept('r1', [], { kind: 'generate', input: { prompt: 'x' }, replyTo: 'node-1' });
      void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      await world.until(() => world.finished.length === 1);
      expect(run()).toMatchObject({ status: 'waiting_approval', leaseOwner: null });
      expect(world.finished).toEqual(['node-1 r1']);
      expect(world.engine.counts.active).toBe(0);
      const [approval] = world.store.approvalsOf('r1');
      expect(approval).toMatchObject({ status: 'pending', estimatedCostNanoUsd: 10, expiresAtMs: startMs + hourMs });
      const answer = await world.store.decideApproval({
        tenantId: 'default',
        approvalId: approval?.id ?? '',
        decision: 'approve',
      });
      if (answer.status !== 'decided') throw new Error(answer.status);
      void world.engine.handleWake(answer.wake);
      await world.until(() => run()?.finishedAtMs !== null);
      expect(run()).toMatchObject({ status: 'completed', costNanoUsd: 5 });
      expect(world.calls).toEqual(['one']);
      expect(run()?.events.map(({ seq }) => seq)).toEqual(run()?.events.map((_, index) => index + 1));
      expect(run()?.events.map(({ type }) => type)).toContain('approval-approved');
    });

    it('lets an approval expire after the time it is told', async () => {
      const models = {
        plan: () => plan('one', { approval: { thresholdUSD: 0.5 } }),
        call: () => Promise.reject(new Error('called')),
      };
      const world = createWorld({ models }, { approvalTimeoutMs: 90_000 });
      const run = await world.accept('r1', [generate('a')]);
      world.engine.start();
      void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      const deliver = () => {
        for (const wake of world.wakes.splice(0)) world.time.after(wake.delayMs ?? 0, () => void world.engine.handleWake(wake));
      };
      await world.time.run(() => run()?.finishedAtMs !== null, startMs + hourMs, deliver);
      expect(run()).toMatchObject({ status: 'failed', error: { name: 'Approval.Expired' }, costNanoUsd: 0 });
      expect((run()?.finishedAtMs ?? 0) - startMs).toBeGreaterThanOrEqual(90_000);
      expect((run()?.finishedAtMs ?? 0) - startMs).toBeLessThan(100_000);
      expect(world.store.approvalsOf('r1')).toMatchObject([{ status: 'expired' }]);
    });
  });

  it('parks a run whose definition this version cannot read', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [{ id: 'x', action: 'from-the-future' }]);
    await world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
    expect(run()).toMatchObject({ status: 'waiting', commitNo: 1 });
  });

  it('ends a run that the machine cannot drive, with its calls in flight paid', async () => {
    const world = createWorld();
    const run = await world.accept('r1', [generate('a')]);
    const damaged = {
      path: 'gone',
      visit: 1,
      ordinal: 1,
      action: 'generate',
      status: 'running',
      attempts: [],
      costNanoUsd: 0,
      latencyMs: 0,
    } as const;
    run()?.steps.set('gone#1', damaged);
    const stored = run();
    if (stored !== undefined) stored.inFlight = [{ path: 'gone', attempt: 1, reservedNanoUsd: 7 }];
    world.engine.start();
    const deliver = () => {
      for (const wake of world.wakes.splice(0)) void world.engine.handleWake(wake);
    };
    await world.time.run(() => run()?.status === 'failed', startMs + hourMs, deliver);
    expect(run()).toMatchObject({ status: 'failed', error: { name: 'Worker.Lost' }, costNanoUsd: 7, reservedNanoUsd: 0 });
    expect(run()?.steps.get('gone#1')).toMatchObject({ status: 'cancelled' });
    expect(world.calls).toEqual([]);
  });

  describe('telemetry', () => {
    function listen() {
      const told: string[] = [];
      const telemetry: RunTelemetry = {
        leaseStarted(claimed) {
          const at = `${claimed.runId}.${claimed.epoch}`;
          told.push(`${at} leased`);
          return {
            stepChanged: (step) => told.push(`${at} ${step.path} ${step.status}`),
            callStarted: (call) => {
              told.push(`${at} ${call.path} calls ${call.plan.model}`);
              const tell = (what: string) => () => told.push(`${at} ${call.path} ${what}`);
              return { firstToken: tell('first'), succeeded: tell('answered'), failed: tell('refused') };
            },
            ended: ({ outcome, status, errorName, costNanoUsd }) =>
              told.push([at, outcome, status, errorName, costNanoUsd].filter((each) => each !== undefined).join(' ')),
          };
        },
      };
      return { told, telemetry };
    }

    it('hears of a lease, its steps and its calls', async () => {
      const { told, telemetry } = listen();
      const world = createWorld({ telemetry });
      const run = await world.accept('r1', [generate('a'), { id: 'rest', action: 'delay', delayMs: 60_000 }]);
      void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      await world.until(() => run()?.status === 'waiting');
      await world.until(() => world.engine.counts.active === 0);
      expect([...new Set(told)]).toEqual([
        'r1.1 leased',
        'r1.1 a running',
        'r1.1 a calls m',
        'r1.1 a answered',
        'r1.1 a completed',
        'r1.1 rest waiting',
        'r1.1 parked waiting',
      ]);
    });

    it('hears of a failed call and a failed run', async () => {
      const { told, telemetry } = listen();
      const error = stepError('Provider.Auth', 'no');
      const models: Models = {
        plan: (request, previous = []) =>
          previous.length > 0
            ? { ok: false, error, isExhausted: true }
            : { ok: true, plan: { provider: 'p', model: 'm', request, worstCaseNanoUsd: 10 } },
        call: () => Promise.reject(new ModelCallError(error, { costNanoUsd: 3, costBasis: 'catalogue' })),
      };
      const world = createWorld({ telemetry, models });
      const run = await world.accept('r1', [generate('a')]);
      void world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      await world.until(() => run()?.status === 'failed' && world.engine.counts.active === 0);
      expect(told).toContain('r1.1 a refused');
      expect(told.at(-1)).toBe('r1.1 finished failed Provider.Auth 3');
    });

    it('hears of a lease that came to nothing', async () => {
      const { told, telemetry } = listen();
      const world = createWorld({ telemetry });
      await world.accept('r1', [{ id: 'x', action: 'from-the-future' }]);
      await world.engine.handleWake({ runId: 'r1', epoch: 0, wakeNo: 1 });
      expect(told).toEqual(['r1.1 leased', 'r1.1 failed']);
    });
  });
});

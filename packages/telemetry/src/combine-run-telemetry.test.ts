import { expect, it } from 'vitest';
import { combineRunTelemetry } from './combine-run-telemetry.ts';
import type { RunTelemetry } from './run-telemetry.ts';
import { claimedRun, modelPlan, modelResult, stepRecord } from './testing/runs.ts';

function listener(name: string, told: string[]): RunTelemetry {
  const tell = (what: string) => () => void told.push(`${name} ${what}`);
  return {
    leaseStarted() {
      tell('lease')();
      return {
        stepChanged: tell('step'),
        callStarted() {
          tell('call')();
          return { firstToken: tell('token'), succeeded: tell('succeeded'), failed: tell('failed') };
        },
        ended: tell('ended'),
      };
    },
  };
}

function play(telemetry: RunTelemetry): void {
  const lease = telemetry.leaseStarted(claimedRun());
  lease.stepChanged(stepRecord());
  const call = lease.callStarted({ path: 'write', attempt: 1, plan: modelPlan(), isStreamed: true });
  call.firstToken();
  call.succeeded(modelResult);
  call.failed(new Error('late'));
  lease.ended({ outcome: 'finished' });
}

const everything = ['lease', 'step', 'call', 'token', 'succeeded', 'failed', 'ended'];

it('tells everybody', () => {
  const told: string[] = [];
  play(combineRunTelemetry([listener('a', told), listener('b', told)], () => expect.unreachable()));
  expect(told).toEqual(everything.flatMap((what) => [`a ${what}`, `b ${what}`]));
});

it('goes on when one of them throws', () => {
  const told: string[] = [];
  const broken = (): never => {
    throw new Error('defect');
  };
  const defects: unknown[] = [];
  const bad: RunTelemetry = {
    leaseStarted: () => ({
      stepChanged: broken,
      callStarted: () => ({ firstToken: broken, succeeded: broken, failed: broken }),
      ended: broken,
    }),
  };
  play(combineRunTelemetry([{ leaseStarted: broken }, bad, listener('good', told)], (error) => defects.push(error)));
  expect(told).toEqual(everything.map((what) => `good ${what}`));
  expect(defects).toHaveLength(1 + 5);
});

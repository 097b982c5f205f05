import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { redisAvailable } from '../support/redis.ts';
import { runScenario } from './run-scenario.ts';
import type { BackendType } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { type Infrastructure, startInfrastructure } from './world/infrastructure.ts';

// The seed fixes the choices, not the scheduling of processes: every run of this file is another experiment.
const seed = 7;
const timeoutMs = 150_000;

failOnLeakedProcesses();

const backends: readonly BackendType[] = ['redis', 'postgres'];
describe.each(backends)('%s', (backend) => {
  describe.runIf(backend === 'postgres' || redisAvailable())('keeps every promise', () => {
    let infrastructure: Infrastructure | undefined;
    beforeAll(async () => {
      infrastructure = await startInfrastructure(backend);
    });
    afterAll(() => infrastructure?.dispose());

    it.each(scenarios.filter((scenario) => scenario.backends.includes(backend)))(
      '$name',
      async (scenario) => {
        if (infrastructure === undefined) throw new Error('the servers did not start');
        const result = await runScenario(scenario, infrastructure, { scale: 'short', seed, progress: () => {} });
        expect(result.violations).toEqual([]);
        expect(result).toMatchObject({ lost: 0, doubleResults: 0, costDifferenceNanoUsd: 0 });
        expect(result.faults).toBeGreaterThan(0);
        expect(result.runs).toBeGreaterThan(0);
      },
      timeoutMs,
    );
  });
});

import { expect, it } from 'vitest';
import { metricsVariable } from './metrics-variable.ts';

it('counts on from the configured port', () => {
  expect([0, 1, 2].map((offset) => metricsVariable(9464, offset))).toEqual([
    { ORCHESTRATOR_METRICS_PORT: '9464' },
    { ORCHESTRATOR_METRICS_PORT: '9465' },
    { ORCHESTRATOR_METRICS_PORT: '9466' },
  ]);
});

it.each([null, 0])('leaves %s as it is', (port) => {
  expect(metricsVariable(port, 3)).toEqual({});
});

import * as official from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';
import { own, semconv } from './semconv.ts';

const officialNames = new Set(Object.entries(official).flatMap(([name, value]) => (name.startsWith('ATTR_') ? [value] : [])));

it.each(Object.values(semconv))('%s is a name of the official package', (name) => {
  expect([...officialNames]).toContain(name);
});

it('puts all else under a name of its own', () => {
  for (const name of Object.values(own)) {
    expect(name).toMatch(/^orchestrator\.[a-z_.]+$/);
    expect([...officialNames]).not.toContain(name);
  }
});

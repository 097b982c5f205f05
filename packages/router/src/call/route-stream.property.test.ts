import type { StreamPart } from '@orchestrator/adapters';
import type { BuiltInStepErrorName } from '@orchestrator/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry } from '../testing/fake-providers.ts';
import { anyCall } from '../testing/requests.ts';

const failures = ['Provider.Overloaded', 'Provider.Truncated', 'Provider.Timeout', 'Provider.Auth'] as const;
const vendor = fc.record({
  texts: fc.array(fc.constantFrom('', 'a', 'bc'), { maxLength: 3 }),
  reply: fc.oneof(fc.constant('ok' as const), fc.constantFrom<BuiltInStepErrorName>(...failures)),
});

it('a stream is one whole answer of one vendor, or ends with an error', async () => {
  const ends = { whole: 0, fellOver: 0, broken: 0, none: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(vendor, { minLength: 1, maxLength: 3, size: 'max' }), async (vendors) => {
      const fake = createFakeRegistry(
        vendors.map(({ texts }, index) => ({
          id: `p${index}`,
          parts: texts.map((text): StreamPart => ({ type: 'text', text: text === '' ? '' : `${index}${text}` })),
        })),
        ({ provider }) => vendors[Number(provider.slice(1))]?.reply ?? 'ok',
      );
      const router = new RouterEngine({
        registry: fake.registry,
        providers: fake.keys,
        clock: { now: () => Date.now(), sleep: async () => undefined },
        maxRetries: vendors.length - 1,
      });
      const parts: StreamPart[] = [];
      let error: unknown;
      try {
        for await (const part of router.stream({ prompt: 'x' }, anyCall())) parts.push(part);
      } catch (thrown) {
        error = thrown;
      }
      const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
      const speaker = vendors.findIndex(({ texts: own, reply }) => reply === 'ok' || own.some((text) => text !== ''));
      // Whatever was passed on is what the first vendor that got that far said, from its beginning.
      const expected = speaker === -1 ? [] : vendors[speaker]?.texts.map((text) => (text === '' ? '' : `${speaker}${text}`));
      expect(texts).toEqual(expected);
      expect(new Set(fake.called()).size).toBe(speaker === -1 ? vendors.length : speaker + 1);
      const isWhole = speaker !== -1 && vendors[speaker]?.reply === 'ok';
      expect(parts.some(({ type }) => type === 'finish')).toBe(isWhole);
      expect(error === undefined).toBe(isWhole);
      if (isWhole) ends[speaker === 0 ? 'whole' : 'fellOver'] += 1;
      else ends[speaker === -1 ? 'none' : 'broken'] += 1;
    }),
    { numRuns: 300 },
  );
  for (const [end, times] of Object.entries(ends)) expect(times, end).toBeGreaterThan(5);
});

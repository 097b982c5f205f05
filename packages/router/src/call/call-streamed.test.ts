import type { StreamPart } from '@orchestrator/adapters';
import type { ModelPart } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type FakeProvider, type Reply } from '../testing/fake-providers.ts';
import { anyCall, planOf } from '../testing/requests.ts';

const parts: readonly ModelPart[] = [
  { type: 'reasoning', text: 'Hm' },
  { type: 'text', text: 'Once ' },
  { type: 'tool-call', index: 0, id: 'c', name: 'f', argumentsDelta: '{}' },
  { type: 'text', text: 'upon' },
];

function setUp(alpha: Omit<FakeProvider, 'id'> = {}, reply: Reply = 'ok') {
  const fake = createFakeRegistry([{ id: 'alpha', ...alpha }], () => reply);
  const router = new RouterEngine({ registry: fake.registry, providers: fake.keys });
  const told: (ModelPart | 'result')[] = [];
  const call = async (request: object = {}) => {
    const result = await router.call(planOf(router, request), { ...anyCall(), onPart: (part) => void told.push(part) });
    told.push('result');
    return result;
  };
  return { ...fake, router, told, call };
}

describe('a streamed call', () => {
  it('tells each piece in order, then gives the whole', async () => {
    const { call, told } = setUp({ parts });
    const result = await call();
    expect(told).toEqual([...parts, 'result']);
    expect(result).toMatchObject({ content: 'alpha says hello', provider: 'alpha', finishReason: 'stop', costNanoUsd: 30 });
  });

  it('gives the same result as a call that is not', async () => {
    const { call, router } = setUp();
    expect(await call()).toEqual(await router.call(planOf(router), anyCall()));
  });

  it('is a plain one where the model can not stream', async () => {
    const { call, told } = setUp({ models: [{ model: 'alpha-1', capabilities: ['text'] }], parts });
    expect(await call()).toMatchObject({ content: 'alpha says hello' });
    expect(told).toEqual(['result']);
  });

  it('is asked of a model that the catalogue does not know', async () => {
    const { call, told } = setUp({ models: [{ model: 'alpha-1', capabilities: ['text'] }], parts });
    await call({ provider: 'alpha', model: 'brand-new' });
    expect(told).toEqual([...parts, 'result']);
  });

  it('throws what breaks it after the pieces that came before', async () => {
    const { call, told } = setUp({ parts }, 'Provider.Truncated');
    await expect(call()).rejects.toMatchObject({ error: { name: 'Provider.Truncated' } });
    expect(told).toEqual(parts);
  });

  it('throws when it ends without its end', async () => {
    const endless = createFakeRegistry([{ id: 'alpha' }]);
    const [definition] = endless.registry;
    if (definition === undefined) throw new Error('no provider');
    const cut: StreamPart[] = [{ type: 'text', text: 'Once' }];
    const createAdapter = () => ({
      ...definition.createAdapter({}),
      async *stream() {
        yield* cut;
      },
    });
    const router = new RouterEngine({ registry: [{ ...definition, createAdapter }], providers: endless.keys });
    const told: ModelPart[] = [];
    const call = router.call(planOf(router), { ...anyCall(), onPart: (part) => void told.push(part) });
    await expect(call).rejects.toMatchObject({ error: { name: 'Provider.Truncated', retryable: true } });
    expect(told).toEqual(cut);
  });
});

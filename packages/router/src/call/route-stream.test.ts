import type { StreamOutcome, StreamPart } from '@orchestrator/adapters';
import { describe, expect, it } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type FakeProvider, type Reply } from '../testing/fake-providers.ts';
import { anyCall } from '../testing/requests.ts';

const text = (value: string): StreamPart => ({ type: 'text', text: value });

function setUp(alpha: Omit<FakeProvider, 'id'>, replies: Record<string, Reply>) {
  const fake = createFakeRegistry([{ id: 'alpha', ...alpha }, { id: 'beta' }], ({ provider }) => replies[provider] ?? 'ok');
  return { ...fake, router: new RouterEngine({ registry: fake.registry, providers: fake.keys }) };
}

async function read(stream: AsyncIterable<StreamPart>): Promise<{ parts: StreamPart[]; error?: unknown }> {
  const parts: StreamPart[] = [];
  try {
    for await (const part of stream) parts.push(part);
    return { parts };
  } catch (error) {
    return { parts, error };
  }
}

describe('a stream', () => {
  it('is passed on part by part', async () => {
    const { router, called } = setUp({}, {});
    const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
    expect(error).toBeUndefined();
    expect(parts).toMatchObject([{ type: 'text', text: 'alpha says hello' }, { type: 'usage' }, { type: 'finish' }]);
    expect(called()).toEqual(['alpha']);
  });

  it.each(['Provider.Overloaded', 'Provider.RateLimited', 'Provider.Truncated', 'Provider.Auth'] as const)(
    'falls over without a trace when %s comes before the first content',
    async (name) => {
      const { router, called } = setUp({ parts: [text('')] }, { alpha: name });
      const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
      expect(error).toBeUndefined();
      expect(parts.map((part) => ('text' in part ? part.text : part.type))).toEqual(['beta says hello', 'usage', 'finish']);
      expect(called()).toEqual(['alpha', 'beta']);
    },
  );

  it.each<[string, StreamPart]>([
    ['text', text('Once')],
    ['reasoning', { type: 'reasoning', text: 'Hmm' }],
    ['a tool call', { type: 'tool-call', index: 0, argumentsDelta: '' }],
  ])('throws when it breaks after %s', async (_, first) => {
    const { router, called } = setUp({ parts: [first] }, { alpha: 'Provider.Truncated' });
    const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
    expect(parts).toEqual([first]);
    expect(error).toMatchObject({ error: { name: 'Provider.Truncated', provider: 'alpha' } });
    expect(called()).toEqual(['alpha']);
  });

  it('that ends without finish is an error, however much came before', async () => {
    const fake = createFakeRegistry([{ id: 'alpha' }]);
    const [definition] = fake.registry;
    if (definition === undefined) throw new Error('no provider');
    const adapter = definition.createAdapter({});
    async function* cut(): AsyncGenerator<StreamPart> {
      yield text('Once upon');
    }
    const registry = [{ ...definition, createAdapter: () => ({ ...adapter, stream: cut }) }];
    const router = new RouterEngine({ registry, providers: fake.keys });
    const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
    expect(parts).toEqual([text('Once upon')]);
    expect(error).toMatchObject({ error: { name: 'Provider.Truncated' } });
  });

  it('may be complete and empty', async () => {
    const { router, called } = setUp({ parts: [] }, {});
    const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
    expect(error).toBeUndefined();
    expect(parts.map(({ type }) => type)).toEqual(['usage', 'finish']);
    expect(called()).toEqual(['alpha']);
  });

  it('ends with the last error when nobody can begin', async () => {
    const { router } = setUp({ parts: [] }, { alpha: 'Provider.Auth', beta: 'Provider.QuotaExceeded' });
    const { parts, error } = await read(router.stream({ prompt: 'x' }, anyCall()));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ error: { name: 'Provider.QuotaExceeded' } });
  });

  it('is cancelled by its signal, without a further call', async () => {
    const controller = new AbortController();
    controller.abort();
    const { router, calls } = setUp({}, {});
    const { error } = await read(router.stream({ prompt: 'x' }, anyCall(controller.signal)));
    expect(error).toMatchObject({ error: { name: 'Run.Cancelled' } });
    expect(calls).toEqual([]);
  });

  it('has the configured timeouts, unless the call has its own', async () => {
    const fake = createFakeRegistry([{ id: 'alpha' }]);
    const timeouts = { firstTokenTimeoutMs: 1_000, idleTimeoutMs: 2_000 };
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, ...timeouts });
    await read(router.stream({ prompt: 'x' }, anyCall()));
    await read(router.stream({ prompt: 'x' }, { ...anyCall(), idleTimeoutMs: 5 }));
    expect(fake.calls.map(({ options }) => options)).toMatchObject([timeouts, { firstTokenTimeoutMs: 1_000, idleTimeoutMs: 5 }]);
  });

  it('passes on how it was settled', async () => {
    const outcomes: StreamOutcome[] = [];
    const fake = createFakeRegistry([{ id: 'alpha' }]);
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys });
    await read(router.stream({ prompt: 'x' }, { ...anyCall(), onSettled: (outcome) => outcomes.push(outcome) }));
    const settled = { ok: true, result: { content: 'x' } };
    fake.calls[0]?.options.onSettled?.(settled as StreamOutcome);
    expect(outcomes).toEqual([settled]);
  });
});

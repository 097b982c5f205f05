import { setTimeout as delay } from 'node:timers/promises';
import type { CostBasis } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelRow } from '../catalogue/model-row.ts';
import type { StreamOutcome, StreamPart } from '../contract.ts';
import { callOptions, failureOf, readStream } from '../testing/calls.ts';
import { createAdapter } from './create-adapter.ts';
import type { Protocol, WireOptions } from './protocol.ts';
import type { VendorStreamEvent } from './vendor-answer.ts';

const unhandled = vi.fn();
beforeAll(() => {
  process.on('unhandledRejection', unhandled);
});
afterAll(async () => {
  await delay(20);
  process.off('unhandledRejection', unhandled);
  expect(unhandled.mock.calls).toEqual([]);
});

const row: ModelRow = {
  model: 'm',
  inputPer1M: 1,
  outputPer1M: 1,
  contextTokens: 1000,
  maxOutputTokens: 100,
  defaultMaxTokens: 100,
  capabilities: ['text', 'streaming'],
  typicalLatencyMs: 1,
  sourceUrl: 'https://example.com/',
  checkedOn: '2026-11-23',
};
const profile = {
  id: 'scripted-vendor',
  displayName: 'Scripted',
  defaultBaseUrl: 'http://127.0.0.1:1',
  defaultModel: 'm',
  models: [row],
  requiresKey: false,
  priceLibraryId: null,
};
const usage = { inputTokens: 3, outputTokens: 2, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const end = { type: 'end', answer: { finishReason: 'stop', model: 'm', usage } } as const;
const text = (value: string) => ({ type: 'text', text: value }) as const;
const request = { prompt: 'p', maxTokens: 10 };
/** 16 + 16 + 1 input and 10 output tokens at $1 per million. */
const worstCase = 43_000;

type Script = (options: WireOptions) => AsyncIterable<VendorStreamEvent>;
const never = () => new Promise<never>(() => {});

function adapterWith(stream: Script, others: Partial<Protocol> = {}) {
  const protocol: Protocol = {
    generate: never,
    stream: (_, options) => stream(options),
    ping: never,
    readVendorError: () => undefined,
    rateLimits: () => {
      throw new Error('not asked for here');
    },
    ...others,
  };
  return createAdapter(profile, {}, () => protocol);
}

describe('a stream', () => {
  it('ends with usage and finish, and reports its outcome once', async () => {
    const onSettled = vi.fn();
    const adapter = adapterWith(async function* () {
      yield { type: 'reasoning', text: 'hm' };
      yield text('a');
      yield { type: 'tool-call', index: 0, id: 'c', name: 'find', argumentsDelta: '{}' };
      yield end;
    });
    const { parts, finish } = await readStream(adapter.stream(request, callOptions({ onSettled })));
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'tool-call', 'usage', 'finish']);
    expect(finish?.result).toMatchObject({
      content: 'a',
      reasoning: 'hm',
      toolCalls: [{ id: 'c', name: 'find', arguments: '{}' }],
      finishReason: 'tool-calls',
      costNanoUsd: 5000,
    });
    expect(onSettled.mock.calls).toEqual([[{ ok: true, result: finish?.result }]]);
  });

  it('is read to its end when its reader leaves, and a listener that throws harms nobody', async () => {
    const settled = Promise.withResolvers<StreamOutcome>();
    let isDone = false;
    const adapter = adapterWith(async function* () {
      for (let count = 0; count < 5; count++) {
        yield text('x');
        await delay(1);
      }
      isDone = true;
      yield end;
    });
    const onSettled = (outcome: StreamOutcome) => {
      settled.resolve(outcome);
      throw new Error('a careless listener');
    };
    for await (const part of adapter.stream(request, callOptions({ onSettled }))) {
      expect(part).toEqual(text('x'));
      break;
    }
    expect(isDone).toBe(false);
    expect(await settled.promise).toMatchObject({ ok: true, result: { content: 'xxxxx', costNanoUsd: 5000 } });
  });

  it('books the worst case when its reader aborts, once', async () => {
    const onSettled = vi.fn();
    const controller = new AbortController();
    const adapter = adapterWith(async function* () {
      yield text('x');
      await never();
    });
    const options = callOptions({ signal: controller.signal, onSettled });
    for await (const part of adapter.stream(request, options)) {
      expect(part).toEqual(text('x'));
      controller.abort();
      break;
    }
    await vi.waitFor(() => expect(onSettled).toHaveBeenCalled());
    const error = expect.objectContaining({ costNanoUsd: worstCase, costBasis: 'reserved' });
    expect(onSettled.mock.calls).toEqual([[{ ok: false, error }]]);
  });

  it.each([
    ['no first token', { firstTokenTimeoutMs: 30 }, 'no first token within 30 ms', []],
    ['only empty pieces', { firstTokenTimeoutMs: 30 }, 'no first token within 30 ms', [text('')]],
    ['silence in the middle', { idleTimeoutMs: 30 }, 'silent for 30 ms', [text('x')]],
    ['no end', { timeoutMs: 30 }, 'no complete answer within 30 ms', [text('x')]],
  ] as const)('%s is a timeout of its own, also where the vendor ignores the abort', async (_, limits, message, events) => {
    const onSettled = vi.fn();
    let signal: AbortSignal | undefined;
    const adapter = adapterWith(async function* (options) {
      signal = options.signal;
      yield* events;
      await never();
    });
    const { error, costNanoUsd } = await failureOf(readStream(adapter.stream(request, callOptions({ ...limits, onSettled }))));
    expect(error).toMatchObject({ name: 'Provider.Timeout', retryable: true, message: expect.stringContaining(message) });
    expect(costNanoUsd).toBe(worstCase);
    expect(signal?.aborted).toBe(true);
    expect(onSettled).toHaveBeenCalledTimes(1);
  });

  it('has no first-token timeout once a piece has come, and no idle timeout while pieces come', async () => {
    const adapter = adapterWith(async function* () {
      yield { type: 'reasoning', text: 'hm' };
      for (let count = 0; count < 10; count++) {
        await delay(20);
        yield text('x');
      }
      yield end;
    });
    const limits = { firstTokenTimeoutMs: 150, idleTimeoutMs: 150 };
    const { finish } = await readStream(adapter.stream(request, callOptions(limits)));
    expect(finish?.result.content).toBe('x'.repeat(10));
  });

  it.each<[string, VendorStreamEvent[], CostBasis]>([
    ['no end', [text('x')], 'reserved'],
    ['nothing at all', [], 'reserved'],
    [
      'an end without a reason and without an answer',
      [{ ...end, answer: { ...end.answer, finishReason: 'other' } }],
      'catalogue',
    ],
  ])('with %s is truncated', async (_, events, booked) => {
    const adapter = adapterWith(async function* () {
      yield* events;
    });
    const { error, costBasis } = await failureOf(readStream(adapter.stream(request, callOptions())));
    expect([error.name, error.retryable, costBasis]).toEqual(['Provider.Truncated', true, booked]);
  });

  it('books the worst case for an error status that comes after content, and nothing for one before', async () => {
    const overloaded = { status: 503, message: 'busy' };
    const failing = (events: VendorStreamEvent[]) =>
      adapterWith(
        async function* () {
          yield* events;
          throw new Error('busy');
        },
        { readVendorError: () => overloaded },
      );
    const after = await failureOf(readStream(failing([text('x')]).stream(request, callOptions())));
    expect([after.error.name, after.costNanoUsd, after.costBasis]).toEqual(['Provider.Overloaded', worstCase, 'reserved']);
    const before = await failureOf(readStream(failing([]).stream(request, callOptions())));
    expect([before.error.name, before.costNanoUsd, before.costBasis]).toEqual(['Provider.Overloaded', 0, 'none']);
  });

  it('hands out what came before an error', async () => {
    const parts: StreamPart[] = [];
    const adapter = adapterWith(async function* () {
      yield text('a');
      yield text('b');
      throw new TypeError('terminated');
    });
    const { error } = await failureOf(readStream(adapter.stream(request, callOptions()), parts));
    expect(error.name).toBe('Provider.Truncated');
    expect(parts).toEqual([text('a'), text('b')]);
  });

  it('keeps the order for a reader that is slower than the vendor', async () => {
    const adapter = adapterWith(async function* () {
      for (let count = 0; count < 50; count++) yield text(`${count} `);
      yield end;
    });
    let read = '';
    for await (const part of adapter.stream(request, callOptions())) {
      if (part.type === 'text') read += part.text;
      if (read.length % 7 === 0) await delay(1);
    }
    expect(read).toBe(Array.from({ length: 50 }, (_, count) => `${count} `).join(''));
  });

  it('starts nothing before it is read', () => {
    const script = vi.fn<Script>();
    adapterWith(script).stream(request, callOptions());
    expect(script).not.toHaveBeenCalled();
  });
});

describe('a call that can be known to fail', () => {
  const nested = JSON.parse(`${'{"a":'.repeat(60_000)}{}${'}'.repeat(60_000)}`);
  it.each<[string, object]>([
    ['a limit with decimals', { prompt: 'p', maxTokens: 1.5 }],
    ['a limit that is no number', { prompt: 'p', maxTokens: Number.NaN }],
    ['a schema without end', { prompt: 'p', responseFormat: { type: 'json-schema', schema: nested } }],
  ])('for %s is refused in our own words', async (_, odd) => {
    const settled: StreamOutcome[] = [];
    const adapter = adapterWith(never as never);
    const options = callOptions({ onSettled: (outcome) => settled.push(outcome) });
    for (const call of [adapter.generate(odd, options), readStream(adapter.stream(odd, options)), adapter.estimateCost(odd)])
      expect(await failureOf(call)).toMatchObject({ error: { name: 'Provider.InvalidRequest' }, costBasis: 'none' });
    expect(settled).toMatchObject([{ ok: false, error: { error: { name: 'Provider.InvalidRequest' } } }]);
  });

  const tools = [{ name: 'find', parameters: { type: 'object' } }];
  it.each([
    [{ tools }, 'Provider.InvalidRequest', 'm lacks the capability functions'],
    [{ maxTokens: 101 }, 'Provider.InvalidRequest', 'maxTokens 101 is over the 100 that m can write'],
    [{ prompt: 'x'.repeat(8_008) }, 'Provider.ContextLength', '1001 tokens'],
  ] as const)('is refused before it is sent: %#', async (changes, name, message) => {
    const generate = vi.fn();
    const script = vi.fn<Script>();
    const onSettled = vi.fn();
    const adapter = adapterWith(script, { generate });
    for (const call of [
      adapter.generate({ ...request, ...changes }, callOptions()),
      readStream(adapter.stream({ ...request, ...changes }, callOptions({ onSettled }))),
    ]) {
      const { error, costBasis } = await failureOf(call);
      expect(error).toMatchObject({ name, retryable: false, message: expect.stringContaining(message) });
      expect(costBasis).toBe('none');
    }
    expect(onSettled.mock.calls).toEqual([[{ ok: false, error: expect.objectContaining({ costNanoUsd: 0 }) }]]);
    expect([generate.mock.calls, script.mock.calls]).toEqual([[], []]);
  });
});

describe('a call whose protocol never comes back', () => {
  it('ends with the abort or the timeout all the same, and its late failure is nobody’s', async () => {
    const late = Promise.withResolvers<never>();
    const adapter = adapterWith(async function* () {}, { generate: () => late.promise });
    const controller = new AbortController();
    const aborted = failureOf(adapter.generate(request, callOptions({ signal: controller.signal })));
    controller.abort();
    expect((await aborted).error.name).toBe('Run.Cancelled');
    expect((await failureOf(adapter.generate(request, callOptions({ timeoutMs: 20 })))).error.name).toBe('Provider.Timeout');
    late.reject(new Error('too late'));
    expect(await adapter.healthCheck({ timeoutMs: 20 })).toMatchObject({ status: 'unhealthy' });
  });

  it('needs no key where the provider needs none', async () => {
    let seen: string | undefined;
    const adapter = createAdapter(profile, { apiKey: ' ' }, ({ apiKey }) => {
      seen = apiKey;
      throw new Error('seen');
    });
    // An SDK that can't be set up fails like a call.
    const { error, costBasis } = await failureOf(adapter.generate(request, callOptions()));
    expect([error.name, costBasis, seen]).toEqual(['Provider.Unavailable', 'none', 'not-needed']);
  });
});

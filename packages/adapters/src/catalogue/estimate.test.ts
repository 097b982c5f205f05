import type { ModelMessage, ModelRequest } from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateInputTokens, expectedCostOf, sizeOfInput } from './estimate.ts';

describe('estimateInputTokens', () => {
  it('is at least the bytes of what is sent, and of its normalised form', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.option(fc.string(), { nil: undefined }),
        (prompt, systemPrompt) => {
          const texts = [prompt, systemPrompt ?? ''];
          const bound = estimateInputTokens({ prompt, ...(systemPrompt === undefined ? {} : { systemPrompt }) });
          const bytes = (form: (text: string) => string) => texts.reduce((sum, text) => sum + Buffer.byteLength(form(text)), 0);
          expect(bound).toBeGreaterThan(bytes((text) => text));
          expect(bound).toBeGreaterThan(bytes((text) => text.normalize('NFKC')));
        },
      ),
    );
  });

  it('counts every part of a conversation, and images by their number and not their bytes', () => {
    const base: ModelRequest = { messages: [{ role: 'user', content: 'look' }] };
    const bound = (request: ModelRequest) => estimateInputTokens(request) - estimateInputTokens(base);
    const user = (content: Extract<NonNullable<ModelRequest['messages']>[number], { role: 'user' }>['content']) => ({
      messages: [{ role: 'user' as const, content }],
    });
    const image = { type: 'image', data: 'A'.repeat(1_000_000), mediaType: 'image/png' } as const;
    expect(bound(user([{ type: 'text', text: 'look' }, image]))).toBe(50_000);
    expect(bound(user([{ type: 'text', text: 'look' }, image, image]))).toBe(100_000);
    const call = { id: 'call_1', name: 'find', arguments: '{"q":"x"}' };
    const withCalls: ModelMessage[] = [
      ...(base.messages ?? []),
      { role: 'assistant', toolCalls: [call] },
      { role: 'tool', toolCallId: 'call_1', content: '42' },
    ];
    expect(bound({ messages: withCalls })).toBeGreaterThanOrEqual(JSON.stringify(call).length);
    const tools = [{ name: 'find', description: 'd'.repeat(500), parameters: { type: 'object' } }];
    expect(bound({ ...base, tools })).toBeGreaterThan(JSON.stringify(tools).length * 2);
    const schema = { type: 'object', properties: { answer: { type: 'string' } } };
    expect(bound({ ...base, responseFormat: { type: 'json-schema', schema } })).toBeGreaterThan(
      JSON.stringify(schema).length * 2,
    );
    expect(bound({ ...base, responseFormat: { type: 'text' } })).toBe(0);
  });
});

describe('sizeOfInput', () => {
  it('orders its three measures and takes the same figure again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (prompt) => {
        const request = { prompt };
        const size = sizeOfInput(request);
        expect(size.leastTokens).toBeLessThanOrEqual(size.expectedTokens);
        expect(size.expectedTokens).toBeLessThanOrEqual(size.boundTokens);
        expect(sizeOfInput(request)).toBe(size);
      }),
    );
  });
});

describe('expectedCostOf', () => {
  it('takes a quarter of the bytes, an answer of 500 tokens at most, and the fee', () => {
    const list = { inputPer1M: 1, outputPer1M: 10 };
    const request = { prompt: 'x'.repeat(4_000) };
    expect(expectedCostOf(list, request, 4096)).toBe((1_000 + 8) * 1_000 + 500 * 10_000);
    expect(expectedCostOf(list, request, 20)).toBe((1_000 + 8) * 1_000 + 20 * 10_000);
    expect(expectedCostOf({ ...list, maxFeePerRequestUSD: 0.01 }, request, 20)).toBe(1_008_000 + 200_000 + 10_000_000);
  });
});

describe('expectedCostOf', () => {
  it('counts the usual fee where it is known, the highest otherwise', () => {
    const list = { inputPer1M: 0, outputPer1M: 0, maxFeePerRequestUSD: 0.05 };
    expect(expectedCostOf(list, { prompt: 'x' }, 10)).toBe(50_000_000);
    expect(expectedCostOf({ ...list, expectedFeePerRequestUSD: 0.005 }, { prompt: 'x' }, 10)).toBe(5_000_000);
  });
});

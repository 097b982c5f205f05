import { ModelCallError, zeroUsage } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import type { ModelRow } from '../catalogue/model-row.ts';
import { providers } from '../registry.ts';
import { prepareCall } from './prepared-call.ts';
import { settleAnswer } from './settle.ts';

const openai = providers.find(({ id }) => id === 'openai');
if (openai === undefined) throw new Error('openai is not registered');
const call = prepareCall(openai, {}, { prompt: 'hi', model: 'gpt-4o-mini', maxTokens: 10 });
const usage = { inputTokens: 100, outputTokens: 5, cachedInputTokens: 40, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const answer = { content: 'ok', finishReason: 'stop', model: 'gpt-4o-mini', usage } as const;
const settle = (changes: object) => settleAnswer(openai, call, { ...answer, ...changes });

describe('settleAnswer', () => {
  it('prices by the model that answered', () => {
    expect(settle({})).toMatchObject({ costNanoUsd: 60 * 150 + 40 * 75 + 5 * 600, costBasis: 'catalogue' });
    expect(settle({ model: 'gpt-6-luna' })).toMatchObject({ model: 'gpt-6-luna', costNanoUsd: 60 * 100 + 40 * 10 + 5 * 500 });
    expect(settle({ model: 'gpt-4o-mini-2024-07-18' })).toMatchObject({ costBasis: 'catalogue' });
    expect(settle({}).warnings).toBeUndefined();
  });

  it("takes the vendor's own figure before the catalogue's", () => {
    expect(settle({ reportedCostNanoUsd: 42 })).toMatchObject({ costNanoUsd: 42, costBasis: 'reported' });
  });

  it('takes an explicit zero for a zero', () => {
    expect(settle({ usage: zeroUsage })).toMatchObject({ costNanoUsd: 0, costBasis: 'catalogue', usage: zeroUsage });
  });

  it('books the worst case when usage is missing or the answering model has no price', () => {
    const worst = { costNanoUsd: call.worstCaseNanoUsd, costBasis: 'reserved' };
    expect(settle({ usage: null })).toMatchObject({ ...worst, usage: { inputTokens: call.inputTokenBound, outputTokens: 10 } });
    expect(settle({ model: 'gpt-7-surprise' })).toMatchObject({ ...worst, usage, model: 'gpt-7-surprise' });
    expect(settle({ usage: null }).warnings).toHaveLength(1);
  });

  it('takes counts that no model reaches for a mistake', () => {
    const worst = { costNanoUsd: call.worstCaseNanoUsd, costBasis: 'reserved' };
    for (const count of [100_000_001, Number.MAX_SAFE_INTEGER])
      for (const name of ['inputTokens', 'outputTokens', 'reasoningTokens'])
        expect(settle({ usage: { ...usage, [name]: count } })).toMatchObject(worst);
    expect(settle({ usage: { ...usage, outputTokens: 100_000_000 } })).toMatchObject({ costBasis: 'catalogue' });
  });

  it('takes an empty model id for none', () => {
    expect(settle({ model: '' })).toMatchObject({ model: 'gpt-4o-mini', costNanoUsd: 60 * 150 + 40 * 75 + 5 * 600 });
  });

  it('takes nothing without a known reason for no answer, with what it cost', () => {
    const nothing = { content: '', finishReason: 'other' };
    expect(() => settle(nothing)).toThrow(
      expect.objectContaining({
        error: expect.objectContaining({ name: 'Provider.Truncated', retryable: true }),
        usage,
        costNanoUsd: 60 * 150 + 40 * 75 + 5 * 600,
      }),
    );
    expect(settle({ ...nothing, finishReason: 'stop' }).content).toBe('');
    expect(settle({ ...nothing, reasoning: 'hm' }).finishReason).toBe('other');
  });

  it('turns a refusal into an error that says what it cost', () => {
    const refuse = () => settle({ finishReason: 'content-filter' });
    expect(refuse).toThrow(ModelCallError);
    try {
      refuse();
    } catch (error) {
      expect(error).toMatchObject({
        error: { name: 'Provider.ContentFiltered', retryable: false },
        usage,
        costBasis: 'catalogue',
      });
    }
  });

  it('takes the price library for a model that answered and is in no catalogue', () => {
    const known = settle({ model: 'gpt-4.1-mini' });
    expect(known).toMatchObject({ model: 'gpt-4.1-mini', costBasis: 'price-library' });
    expect(known.costNanoUsd).toBe(60 * 400 + 40 * 100 + 5 * 1600);
    const unlisted = settleAnswer({ ...openai, priceLibraryId: null }, call, { ...answer, model: 'gpt-4.1-mini' });
    expect(unlisted.costBasis).toBe('reserved');
  });

  it('books the fee per request where the vendor states no bill', () => {
    const row = {
      ...openai.models[1],
      inputPer1M: 1,
      outputPer1M: 2,
      cachedInputPer1M: 1,
      maxFeePerRequestUSD: 0.012,
    } as ModelRow;
    const feeCall = { ...call, pricing: { prices: row, basis: 'catalogue' } } as const;
    expect(settleAnswer(openai, feeCall, answer).costNanoUsd).toBe(100_000 + 10_000 + 12_000_000);
    expect(settleAnswer(openai, feeCall, { ...answer, reportedCostNanoUsd: 7 }).costNanoUsd).toBe(7);
  });

  it('hands on reasoning, tool calls and each source once', () => {
    const toolCalls = [{ id: 'c1', name: 'look\u0000up', arguments: '{"q":1}' }];
    const citations = [
      { url: 'https://a.example' },
      { url: 'https://b.example', title: 'B' },
      { url: 'https://a.example', title: 'A' },
    ];
    expect(settle({ toolCalls, citations, reasoning: 'hm' })).toMatchObject({
      reasoning: 'hm',
      // The vendor said `stop`.
      finishReason: 'tool-calls',
      toolCalls: [{ id: 'c1', name: 'look\uFFFDup', arguments: '{"q":1}' }],
      citations: [
        { url: 'https://a.example', title: 'A' },
        { url: 'https://b.example', title: 'B' },
      ],
    });
    expect(settle({ toolCalls, finishReason: 'length' }).finishReason).toBe('length');
    expect(Object.keys(settle({ reasoning: '', toolCalls: [], citations: [] }))).not.toContain('toolCalls');
  });

  it('makes text storable', () => {
    expect(settle({ content: 'a\u0000\uD800' }).content).toBe('a\uFFFD\uFFFD');
    const { model, warnings } = settle({ model: 'm\u0000\uD800' });
    expect(model).toBe('m\uFFFD\uFFFD');
    expect(warnings?.[0]).toContain('(m\uFFFD\uFFFD)');
  });
});

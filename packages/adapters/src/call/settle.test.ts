import { ModelCallError, zeroUsage } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { prepareCall } from './prepared-call.ts';
import { settleAnswer } from './settle.ts';

const openai = providers.find(({ id }) => id === 'openai');
if (openai === undefined) throw new Error('openai is not registered');
const call = prepareCall(openai, {}, { prompt: 'hi', model: 'gpt-4o-mini', maxTokens: 10 });
const usage = { inputTokens: 100, outputTokens: 5, cachedInputTokens: 40, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const answer = { content: 'ok', finishReason: 'stop', model: 'gpt-4o-mini', usage } as const;
const settle = (changes: object) => settleAnswer(call, openai.models, 'OpenAI', { ...answer, ...changes });

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

  it('makes text storable', () => {
    expect(settle({ content: 'a\u0000\uD800' }).content).toBe('a\uFFFD\uFFFD');
    const { model, warnings } = settle({ model: 'm\u0000\uD800' });
    expect(model).toBe('m\uFFFD\uFFFD');
    expect(warnings?.[0]).toContain('(m\uFFFD\uFFFD)');
  });
});

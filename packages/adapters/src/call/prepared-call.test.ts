import { describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { prepareCall } from './prepared-call.ts';

const openai = providers.find(({ id }) => id === 'openai');
if (openai === undefined) throw new Error('openai is not registered');
const rules = {
  rejectedByUnknownModel: (model: string) => (model.startsWith('o9') ? (['temperature'] as const) : []),
  maxTemperature: 1,
};

describe('prepareCall', () => {
  it('fills in the default model and output limit and prices the worst case', () => {
    const call = prepareCall(openai, {}, { prompt: 'hello' });
    expect(call).toMatchObject({ model: 'gpt-6-luna', maxTokens: 4096, inputTokenBound: 37, warnings: [] });
    expect(call.worstCaseNanoUsd).toBe(37 * 100 + 4096 * 500);
  });

  it("prefers the request's model to the configured one, and that to the built-in default", () => {
    expect(prepareCall(openai, { defaultModel: 'gpt-4o-mini' }, { prompt: '' }).model).toBe('gpt-4o-mini');
    expect(prepareCall(openai, { defaultModel: '' }, { prompt: '' }).model).toBe('gpt-6-luna');
    expect(prepareCall(openai, { defaultModel: 'gpt-4o-mini' }, { prompt: '', model: 'gpt-6-luna' }).model).toBe('gpt-6-luna');
  });

  it('drops what the model rejects, lowers what is off the scale, and says so', () => {
    const filtered = prepareCall(openai, {}, { prompt: '', temperature: 0.7 }, rules);
    expect(filtered.temperature).toBeUndefined();
    expect(filtered.warnings).toEqual(['temperature was left out: gpt-6-luna rejects it.']);
    const unknown = prepareCall(openai, {}, { prompt: '', model: 'o9', temperature: 0 }, rules);
    expect(unknown.temperature).toBeUndefined();
    const lowered = prepareCall(openai, {}, { prompt: '', model: 'gpt-4o-mini', temperature: 1.5 }, rules);
    expect(lowered.temperature).toBe(1);
    expect(lowered.warnings).toHaveLength(1);
    expect(prepareCall(openai, {}, { prompt: '', model: 'gpt-4o-mini', temperature: 0 }, rules).temperature).toBe(0);
  });

  it('has no worst case for models without a price', () => {
    expect(prepareCall(openai, {}, { prompt: '', model: 'ft:mine' })).toMatchObject({
      row: undefined,
      worstCaseNanoUsd: null,
      maxTokens: 4096,
    });
  });
});

import { inspect } from 'node:util';
import { AppError, type ModelPlan, type ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createModels, type Models } from './create-models.ts';

const openaiKey = { openai: { apiKey: 'key-of-openai-123456' } };
const bothKeys = { ...openaiKey, anthropic: { apiKey: 'key-of-anthropic-123456' } };

function planOf(models: Models, request: Partial<ModelRequest>): ModelPlan {
  const planned = models.plan({ prompt: 'hello', ...request });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.plan;
}
function refusalOf(models: Models, request: Partial<ModelRequest>): string {
  const planned = models.plan({ prompt: 'hello', ...request });
  if (planned.ok) throw new Error(`planned ${planned.plan.provider}`);
  expect(planned.error).toMatchObject({ name: 'Provider.InvalidRequest', retryable: false });
  return planned.error.message;
}

describe('plan', () => {
  it('takes the named provider with its default model and fills in maxTokens', () => {
    const plan = planOf(createModels({ providers: bothKeys }), { provider: 'anthropic' });
    expect(plan).toMatchObject({ provider: 'anthropic', model: 'claude-haiku-5-5', request: { maxTokens: 4096 } });
    expect(plan.worstCaseNanoUsd).toBe(37 * 100 + 4096 * 500);
  });

  it('finds the provider whose catalogue has the model, also by a dated id', () => {
    const models = createModels({ providers: bothKeys, defaultProvider: 'openai' });
    expect(planOf(models, { model: 'claude-3-5-haiku-20241022' })).toMatchObject({
      provider: 'anthropic',
      model: 'claude-3-5-haiku-20241022',
      worstCaseNanoUsd: 37 * 800 + 4096 * 4000,
    });
  });

  it('sends an unknown model to the default provider, without a price', () => {
    const models = createModels({ providers: bothKeys, defaultProvider: 'anthropic' });
    expect(planOf(models, { model: 'mine' })).toMatchObject({ provider: 'anthropic', model: 'mine', worstCaseNanoUsd: null });
  });

  it('prefers the default provider, else the cheapest for this request', () => {
    const settings = { openai: { ...openaiKey.openai, defaultModel: 'gpt-4o-mini' }, anthropic: bothKeys.anthropic };
    expect(planOf(createModels({ providers: settings }), {}).provider).toBe('anthropic');
    expect(planOf(createModels({ providers: settings, defaultProvider: 'openai' }), {}).provider).toBe('openai');
    // Above 100,000 input tokens the price of claude-haiku-5-5 is five times as high.
    expect(planOf(createModels({ providers: settings }), { prompt: 'x'.repeat(110_000), maxTokens: 10 }).provider).toBe('openai');
    // A default without a key doesn't stand in the way.
    expect(planOf(createModels({ providers: openaiKey, defaultProvider: 'anthropic' }), {}).provider).toBe('openai');
  });

  it('passes over providers that cannot write so much', () => {
    const settings = { openai: { ...openaiKey.openai, defaultModel: 'gpt-4o-mini' }, anthropic: bothKeys.anthropic };
    expect(planOf(createModels({ providers: settings }), { maxTokens: 50_000 }).provider).toBe('anthropic');
    expect(refusalOf(createModels({ providers: settings }), { provider: 'openai', maxTokens: 50_000 })).toContain(
      '50000 is over the 16384',
    );
    expect(refusalOf(createModels({ providers: settings }), { maxTokens: 500_000 })).toContain('500000');
  });

  it('says why a provider cannot be used and what was probably meant', () => {
    const models = createModels({ providers: openaiKey });
    expect(refusalOf(models, { provider: 'anthropic' })).toContain('set ANTHROPIC_API_KEY');
    expect(refusalOf(models, { provider: 'perplexity' })).toContain('not part of this version');
    expect(refusalOf(models, { provider: 'opnai' })).toContain('Did you mean "openai"');
    expect(refusalOf(models, { model: 'gpt-4o-mni' })).toContain('Did you mean "gpt-4o-mini"');
    expect(refusalOf(models, { model: 'claude-haiku-5-5' })).toContain('ANTHROPIC_API_KEY');
  });

  it('takes blank keys for no keys', () => {
    expect(planOf(createModels({ providers: { openai: { apiKey: '  ' } } }), { provider: 'openai' }).provider).toBe('sandbox');
  });

  it('refuses an unknown default provider at once', () => {
    expect(() => createModels({ providers: {}, defaultProvider: 'opnai' })).toThrow(AppError);
  });
});

describe('sandbox mode', () => {
  const models = createModels({ providers: {} });
  const options = { signal: new AbortController().signal, timeoutMs: 5000, idempotencyKey: 'k' };

  it.each(['perplexity', 'anthropic', 'gemini', undefined])('answers for %s and says so', async (provider) => {
    const plan = planOf(models, { ...(provider === undefined ? {} : { provider }), model: 'any', temperature: 0.5 });
    expect(plan).toMatchObject({ provider: 'sandbox', worstCaseNanoUsd: 0 });
    const result = await models.call(plan, options);
    expect(result.provider).toBe('sandbox');
    expect(result.warnings?.join(' ')).toContain(
      provider === undefined ? 'No provider has an API key' : `instead of ${provider}`,
    );
  });

  it('still refuses providers that do not exist', () => {
    expect(refusalOf(models, { provider: 'perplexty' })).toContain('Did you mean "perplexity"');
  });

  it('can be named while keys exist, and then warns of nothing', async () => {
    const keyed = createModels({ providers: openaiKey });
    const result = await keyed.call(planOf(keyed, { provider: 'sandbox' }), options);
    expect(result.warnings).toBeUndefined();
  });
});

describe('call', () => {
  it('refuses a plan of another configuration', async () => {
    const models = createModels({ providers: openaiKey });
    const plan = { ...planOf(models, {}), provider: 'gone' };
    await expect(models.call(plan, { signal: new AbortController().signal, timeoutMs: 10 })).rejects.toMatchObject({
      error: { name: 'Provider.InvalidRequest', retryable: false },
    });
  });

  it('shows no key when inspected', () => {
    const models = createModels({ providers: bothKeys });
    expect(inspect(models, { depth: 10, showHidden: true })).not.toContain('key-of');
  });
});

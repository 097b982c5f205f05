import { describe, expect, it } from 'vitest';
import { createCustomProvider } from './create-custom-provider.ts';
import { customProviderSchema } from './custom-provider.ts';

const minimal = {
  name: 'ollama',
  baseUrl: 'http://localhost:11434/v1',
  models: [{ model: 'llama', inputPer1M: 0, outputPer1M: 0 }],
};
const problemOf = (changes: object) => {
  const parsed = customProviderSchema.safeParse({ ...minimal, ...changes });
  return parsed.success ? null : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
};
const model = minimal.models[0];

describe('customProviderSchema', () => {
  it('takes the least there can be, and everything', () => {
    expect(problemOf({})).toBeNull();
    expect(
      problemOf({
        displayName: 'Our server',
        apiKey: 'k',
        defaultModel: 'llama',
        models: [
          {
            ...model,
            cachedInputPer1M: 0.5,
            contextTokens: 8192,
            maxOutputTokens: 2048,
            capabilities: ['text', 'functions'],
            typicalLatencyMs: 100,
          },
        ],
      }),
    ).toBeNull();
  });

  it.each([
    [{ name: 'openai' }, 'name: is the name of a built-in provider'],
    [{ name: 'sandbox' }, 'name: is the name of a built-in provider'],
    [{ name: 'Ollama' }, 'name: must be 1 to 32'],
    [{ name: '1st' }, 'name: must be 1 to 32'],
    [{ name: 'a'.repeat(33) }, 'name: must be 1 to 32'],
    [{ baseUrl: 'ftp://x' }, 'baseUrl: must be an http or https URL'],
    [{ baseUrl: 'localhost:1' }, 'baseUrl: must be an http or https URL'],
    [{ baseUrl: 'http://u:p@localhost/v1' }, 'credentials'],
    [{ baseUrl: 'http://:p@localhost/v1' }, 'credentials'],
    [{ baseUrl: 'http://localhost/v1?key=1' }, 'no query'],
    [{ models: [] }, 'models: '],
    [{ models: [model, model] }, 'models: names a model twice'],
    [{ models: [{ model: 'x' }] }, 'models.0.inputPer1M'],
    [{ models: [{ ...model, inputPer1M: -1 }] }, 'models.0.inputPer1M'],
    [{ models: [{ ...model, capabilities: ['magic'] }] }, 'models.0.capabilities.0'],
    [
      { models: [{ ...model, contextTokens: 10, maxOutputTokens: 11 }] },
      'models.0.maxOutputTokens: must not be over contextTokens',
    ],
    [{ defaultModel: 'other' }, 'defaultModel: must be one of models'],
    [{ extra: 1 }, 'extra'],
  ])('refuses %j', (changes, problem) => {
    expect(problemOf(changes)).toContain(problem);
  });
});

describe('createCustomProvider', () => {
  it('fills in what the definition leaves open', () => {
    const provider = createCustomProvider(customProviderSchema.parse(minimal));
    expect(provider).toMatchObject({ id: 'ollama', displayName: 'ollama', defaultModel: 'llama', requiresKey: false });
    expect(provider.models).toMatchObject([
      { contextTokens: 131_072, maxOutputTokens: 16_384, defaultMaxTokens: 4096, capabilities: ['text', 'streaming'] },
    ]);
  });

  it('keeps limits and prices consistent', () => {
    const models = [
      { ...model, model: 'small', contextTokens: 2048 },
      { ...model, model: 'long', maxOutputTokens: 200_000 },
      { ...model, model: 'odd', inputPer1M: 0.000_000_1, outputPer1M: 0.3 },
    ];
    const provider = createCustomProvider(customProviderSchema.parse({ ...minimal, models, defaultModel: 'odd' }));
    expect(provider.defaultModel).toBe('odd');
    expect(provider.models).toMatchObject([
      { contextTokens: 2048, maxOutputTokens: 2048, defaultMaxTokens: 2048 },
      { contextTokens: 200_000, maxOutputTokens: 200_000, defaultMaxTokens: 4096 },
      { inputPer1M: 0.000_001, outputPer1M: 0.3 },
    ]);
  });

  it('can be reached by its capabilities', () => {
    const models = [{ ...model, capabilities: ['text', 'vision'] }];
    const adapter = createCustomProvider(customProviderSchema.parse({ ...minimal, models })).createAdapter({});
    expect([adapter.supports('vision'), adapter.supports('functions')]).toEqual([true, false]);
  });
});

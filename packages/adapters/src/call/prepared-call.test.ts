import type { ModelMessage, ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { prepareCall } from './prepared-call.ts';

const openai = providers.find(({ id }) => id === 'openai');
if (openai === undefined) throw new Error('openai is not registered');
const rules = {
  rejectedByUnknownModel: (model: string) => (model.startsWith('o9') ? (['temperature'] as const) : []),
  maxTemperature: 1,
};
const tools = [{ name: 'find', parameters: { type: 'object' } }];
const image: ModelMessage = { role: 'user', content: [{ type: 'image', url: 'https://example.com/a.png' }] };
const prepare = (request: ModelRequest, model = 'gpt-4o-mini') => prepareCall(openai, {}, { prompt: '', model, ...request });

describe('prepareCall', () => {
  it('fills in the default model and output limit and prices the worst case', () => {
    const call = prepareCall(openai, {}, { prompt: 'hello' });
    expect(call).toMatchObject({ model: 'gpt-6-luna', maxTokens: 4096, inputTokenBound: 37, warnings: [], unsupported: [] });
    // The dearest thing that can happen to input is to be written to the cache.
    expect(call.worstCaseNanoUsd).toBe(37 * 125 + 4096 * 500);
    expect(call.expectedNanoUsd).toBe((2 + 8) * 100 + 500 * 500);
  });

  it("prefers the request's model to the configured one, and that to the built-in default", () => {
    expect(prepareCall(openai, { defaultModel: 'gpt-4o-mini' }, { prompt: '' }).model).toBe('gpt-4o-mini');
    expect(prepareCall(openai, { defaultModel: '' }, { prompt: '' }).model).toBe('gpt-6-luna');
    expect(prepareCall(openai, { defaultModel: 'gpt-4o-mini' }, { prompt: '', model: 'gpt-6-luna' }).model).toBe('gpt-6-luna');
  });

  it('puts system texts first and the prompt last', () => {
    const call = prepare({
      prompt: 'now',
      systemPrompt: 'one',
      messages: [
        { role: 'user', content: 'before' },
        { role: 'system', content: 'two' },
      ],
    });
    expect(call.system).toBe('one\n\ntwo');
    expect(call.messages).toEqual([
      { role: 'user', content: 'before' },
      { role: 'user', content: 'now' },
    ]);
  });

  it('has something for the user to say also where there are instructions only', () => {
    const messages: ModelMessage[] = [{ role: 'system', content: 'two' }];
    expect(prepareCall(openai, {}, { systemPrompt: 'one', messages })).toMatchObject({
      system: undefined,
      messages: [{ role: 'user', content: 'one\n\ntwo' }],
    });
  });

  it('takes plain text for no format', () => {
    expect(prepare({ responseFormat: { type: 'text' } }).responseFormat).toBeUndefined();
    expect(prepare({ responseFormat: { type: 'json' } }).responseFormat).toEqual({ type: 'json' });
  });

  it('prices models outside the catalogue by the library, and has no worst case for those it does not know either', () => {
    const listed = prepare({ prompt: 'hello', maxTokens: 10 }, 'gpt-4.1-mini');
    expect(listed).toMatchObject({ row: undefined, pricing: { basis: 'price-library' }, worstCaseNanoUsd: 37 * 400 + 10 * 1600 });
    expect(listed.unsupported).toEqual([]);
    expect(prepare({}, 'ft:mine')).toMatchObject({
      row: undefined,
      pricing: undefined,
      worstCaseNanoUsd: null,
      expectedNanoUsd: null,
      maxTokens: 4096,
    });
    expect(prepareCall({ ...openai, priceLibraryId: null }, {}, { model: 'gpt-4.1-mini' }).worstCaseNanoUsd).toBeNull();
  });

  it('warns of a model that its vendor has retired', () => {
    const retired = { ...openai, models: openai.models.map((row) => ({ ...row, retiresOn: '2026-01-01' })) };
    expect(prepareCall(retired, {}, { prompt: '' }).warnings).toEqual(['gpt-6-luna was retired by its vendor on 2026-01-01.']);
  });
});

describe('the parameter filter', () => {
  it('drops what the model rejects, lowers what is off the scale, and says so', () => {
    const filtered = prepareCall(openai, {}, { prompt: '', temperature: 0.7, topP: 0.5, stop: ['x'], seed: 1 });
    expect([filtered.temperature, filtered.topP, filtered.stop, filtered.seed]).toEqual([undefined, undefined, undefined, 1]);
    expect(filtered.warnings).toEqual(
      ['temperature', 'topP', 'stop'].map((name) => `${name} was left out: gpt-6-luna rejects it.`),
    );
    const unknown = prepareCall(openai, {}, { prompt: '', model: 'o9', temperature: 0 }, rules);
    expect(unknown.temperature).toBeUndefined();
    const lowered = prepareCall(openai, {}, { prompt: '', model: 'gpt-4o-mini', temperature: 1.5 }, rules);
    expect(lowered.temperature).toBe(1);
    expect(lowered.warnings).toHaveLength(1);
    expect(prepareCall(openai, {}, { prompt: '', model: 'gpt-4o-mini', temperature: 0 }, rules).temperature).toBe(0);
  });

  it("takes the vendor's rules from its definition", () => {
    expect(prepare({ temperature: 1, topP: 1 }, 'gpt-9-large')).toMatchObject({ temperature: undefined, topP: undefined });
  });

  it('leaves out an effort that the model does not know', () => {
    expect(prepare({ reasoningEffort: 'high' }, 'gpt-6-luna')).toMatchObject({ reasoningEffort: 'high', warnings: [] });
    const minimal = prepare({ reasoningEffort: 'minimal' }, 'gpt-6-luna');
    expect(minimal.reasoningEffort).toBeUndefined();
    expect(minimal.warnings).toEqual(['reasoningEffort minimal was left out: gpt-6-luna takes none, low, medium, high.']);
    expect(prepare({ reasoningEffort: 'low' }).warnings).toEqual([
      'reasoningEffort low was left out: gpt-4o-mini takes none at all.',
    ]);
    expect(prepare({ reasoningEffort: 'none' })).toMatchObject({ reasoningEffort: undefined, warnings: [] });
    expect(prepare({ reasoningEffort: 'minimal' }, 'mine').reasoningEffort).toBe('minimal');
  });

  it('sets the one effort at which the model takes tools', () => {
    for (const model of ['gpt-6-luna', 'gpt-7-unheard-of']) {
      const warnings = [`reasoningEffort was set to none: ${model} takes tools with no other.`];
      expect(prepare({ tools }, model)).toMatchObject({ reasoningEffort: 'none', warnings });
      expect(prepare({ tools, reasoningEffort: 'high' }, model)).toMatchObject({ reasoningEffort: 'none', warnings });
      expect(prepare({ tools, reasoningEffort: 'none' }, model)).toMatchObject({ reasoningEffort: 'none', warnings: [] });
    }
    expect(prepare({ tools })).toMatchObject({ reasoningEffort: undefined, warnings: [] });
  });

  it('leaves out a tool choice without tools', () => {
    const call = prepare({ toolChoice: 'required' });
    expect(call).toMatchObject({ toolChoice: undefined, warnings: ['toolChoice was left out: the request has no tools.'] });
    expect(prepare({ tools, toolChoice: 'required' })).toMatchObject({ toolChoice: 'required', warnings: [] });
  });
});

describe('what a model cannot do', () => {
  const blind = {
    ...openai,
    models: [{ ...(openai.models[1] ?? openai.models[0]), capabilities: ['text'] as const }] as typeof openai.models,
  };
  const codes = (request: ModelRequest) =>
    prepareCall(blind, {}, { prompt: '', model: 'gpt-4o-mini', ...request }).unsupported.map(({ code, reason }) => [
      code,
      reason,
    ]);

  it.each<[string, ModelRequest]>([
    ['functions', { tools }],
    ['functions', { messages: [{ role: 'tool', toolCallId: 'c', content: '1' }] }],
    ['functions', { messages: [{ role: 'assistant', toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }] }] }],
    ['vision', { messages: [image] }],
    ['structured-output', { responseFormat: { type: 'json' } }],
    ['structured-output', { responseFormat: { type: 'json-schema', schema: {} } }],
    ['citations', { requires: ['citations'] }],
  ])('needs %s for %j', (capability, request) => {
    expect(codes(request)).toEqual([
      ['missing-capability', expect.stringContaining(`gpt-4o-mini lacks the capability ${capability}`)],
    ]);
    expect(prepare(request, 'in-no-catalogue').unsupported).toEqual([]);
  });

  it('asks for nothing that plain requests do not need', () => {
    expect(
      codes({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }], responseFormat: { type: 'text' } }),
    ).toEqual([]);
  });

  it('refuses more output than the model writes, and input that fits no context', () => {
    expect(codes({ maxTokens: 16_384 })).toEqual([]);
    expect(codes({ maxTokens: 16_385 })).toEqual([
      ['max-tokens', 'maxTokens 16385 is over the 16384 that gpt-4o-mini can write.'],
    ]);
    expect(codes({ prompt: 'x'.repeat(8 * 128_000 + 7) })).toEqual([]);
    expect(codes({ prompt: 'x'.repeat(8 * 128_001) })).toEqual([['context-length', expect.stringContaining('128001')]]);
  });

  it('refuses image URLs where the vendor takes bytes only', () => {
    const bytesOnly = { ...openai, rules: { takesImageUrls: false } };
    const bytes: ModelMessage = { role: 'user', content: [{ type: 'image', data: 'AAAA', mediaType: 'image/png' }] };
    expect(prepareCall(bytesOnly, {}, { messages: [image] }).unsupported).toMatchObject([{ code: 'missing-capability' }]);
    expect(prepareCall(bytesOnly, {}, { messages: [bytes] }).unsupported).toEqual([]);
  });
});

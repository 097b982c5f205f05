import { describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream } from '../testing/calls.ts';
import { canDo, useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const weather = { name: 'get_weather', description: 'The weather of a city', parameters: city };
const called = { id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' };
const image = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const;

describe.each(vendors)('%s features', (_id, vendor) => {
  const { traits } = vendor;
  const answered = async (request: Parameters<ReturnType<typeof bench.connect>['generate']>[0]) => {
    const generated = await bench.connect(vendor).generate(request, callOptions());
    const { finish, parts } = await readStream(bench.connect(vendor).stream(request, callOptions()));
    expect(finish?.result).toEqual(generated);
    expect(generated.costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    return { result: generated, parts };
  };
  const isRefused = async (request: Parameters<typeof answered>[0]) => {
    const { error, costBasis } = await failureOf(bench.connect(vendor).generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.InvalidRequest', retryable: false });
    expect([costBasis, bench.upstream.summary().calls]).toEqual(['none', 0]);
  };

  it('conversations', async () => {
    bench.upstream.setScript({ recordRequests: true });
    const { result } = await answered({
      maxTokens: 99,
      systemPrompt: 'Be brief.',
      messages: [
        { role: 'system', content: 'Answer in English.' },
        { role: 'user', content: 'My name is Ada.' },
        { role: 'assistant', content: 'Hello Ada.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is ' },
            { type: 'text', text: 'my name?' },
          ],
        },
      ],
    });
    expect(result.content).not.toBe('');
    expect(bench.entry().request).toMatchSnapshot();
  });

  it('images', async () => {
    bench.upstream.setScript({ recordRequests: true });
    const ask = (part: typeof image | { type: 'image'; url: string }) => ({
      maxTokens: 99,
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'What is this?' }, part] }],
    });
    const byUrl = ask({ type: 'image', url: 'https://example.com/cat.png' });
    if (!canDo(vendor, 'vision')) return isRefused(ask(image));
    await answered(ask(image));
    expect(bench.entry().request).toMatchSnapshot('bytes');
    bench.upstream.reset();
    if (!traits.takesImageUrls) return isRefused(byUrl);
    await answered(byUrl);
    expect(bench.entry().request).toMatchSnapshot('url');
  });

  it('tool calls', async () => {
    bench.upstream.setScript({ recordRequests: true, rules: [{ toolCalls: [called] }] });
    const request = { prompt: 'How is the weather in Paris?', maxTokens: 99, tools: [weather], toolChoice: 'required' } as const;
    if (!canDo(vendor, 'functions')) return isRefused(request);
    const { result, parts } = await answered(request);
    expect(result).toMatchObject({ content: '', finishReason: 'tool-calls' });
    const [call, ...others] = result.toolCalls ?? [];
    expect(others).toEqual([]);
    expect({ ...call, arguments: JSON.parse(call?.arguments ?? '') }).toEqual({
      id: traits.hasToolCallIds ? called.id : expect.stringMatching(/./),
      name: called.name,
      arguments: JSON.parse(called.arguments),
    });
    const deltas = parts.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
    expect(deltas[0]).toMatchObject({ index: 0, id: call?.id, name: called.name });
    expect(deltas.map((part) => part.argumentsDelta).join('')).toBe(call?.arguments);
    expect(bench.entry().request).toMatchSnapshot();
  });

  if (canDo(vendor, 'functions')) {
    it('several tool calls in one answer', async () => {
      const second = { id: 'call_2', name: 'get_weather', arguments: '{"city":"Rome"}' };
      bench.upstream.setScript({ rules: [{ toolCalls: [called, second] }] });
      const { result } = await answered({ prompt: 'Paris and Rome?', maxTokens: 99, tools: [weather] });
      expect(result.toolCalls?.map((call) => JSON.parse(call.arguments))).toEqual([{ city: 'Paris' }, { city: 'Rome' }]);
      expect(new Set(result.toolCalls?.map((call) => call.id)).size).toBe(2);
    });
  }

  if (canDo(vendor, 'functions')) {
    it('results of tools', async () => {
      bench.upstream.setScript({ recordRequests: true });
      const second = { id: 'call_2', name: 'get_weather', arguments: '{"city":"Rome"}' };
      await answered({
        maxTokens: 99,
        tools: [weather],
        messages: [
          { role: 'user', content: 'How is the weather in Paris and Rome?' },
          { role: 'assistant', content: 'I look it up.', toolCalls: [called, second] },
          { role: 'tool', toolCallId: 'call_1', content: '{"celsius":20}' },
          { role: 'tool', toolCallId: 'call_2', content: 'sunny' },
        ],
      });
      expect(bench.entry().request).toMatchSnapshot();
    });
  }

  it('answers that follow a schema', async () => {
    const content = '{"city":"Paris"}';
    bench.upstream.setScript({ recordRequests: true, rules: [{ content }] });
    const responseFormat = { type: 'json-schema', name: 'place', schema: city, strict: true } as const;
    const request = { prompt: 'The capital of France as JSON', maxTokens: 99, responseFormat };
    if (!canDo(vendor, 'structured-output')) return isRefused(request);
    const { result } = await answered(request);
    expect(JSON.parse(result.content)).toEqual({ city: 'Paris' });
    expect(bench.entry().request).toMatchSnapshot();
  });

  it('thinking apart from the text', async () => {
    bench.upstream.setScript({ rules: [{ reasoning: 'First I think it over.', content: 'The answer.' }] });
    const { result } = await answered({ prompt: 'Think', maxTokens: 99 });
    expect(result).toMatchObject({ content: 'The answer.', reasoning: 'First I think it over.' });
    if (traits.countsReasoning) expect(result.usage.reasoningTokens).toBe(bench.entry().usage?.reasoning);
  });

  if (canDo(vendor, 'citations')) {
    it('sources', async () => {
      const citations = [
        { url: 'https://example.com/a', title: 'A' },
        { url: 'https://example.com/b', title: 'B' },
      ];
      bench.upstream.setScript({ rules: [{ citations }] });
      expect((await answered({ prompt: 'Search', maxTokens: 99 })).result.citations).toEqual(citations);
    });
  }
});

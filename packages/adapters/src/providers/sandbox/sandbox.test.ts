import { describe, expect, it } from 'vitest';
import { sandbox } from './index.ts';
import { sandboxReply } from './reply.ts';

const adapter = sandbox.createAdapter({});
const options = () => ({ signal: new AbortController().signal, timeoutMs: 5000 });

describe('sandbox', () => {
  it('answers the same request with the same labelled paragraph that quotes it', async () => {
    const first = await adapter.generate({ prompt: 'Research latest AI trends' }, options());
    expect(first.content).toMatch(/^\[sandbox\] .*“Research latest AI trends”/);
    expect(first).toMatchObject({
      provider: 'sandbox',
      model: 'sandbox',
      finishReason: 'stop',
      costNanoUsd: 0,
      costBasis: 'catalogue',
    });
    expect(first.usage.outputTokens).toBeGreaterThan(10);
    expect(await adapter.generate({ prompt: 'Research latest AI trends' }, options())).toEqual(first);
  });

  it('streams exactly what it would have returned', async () => {
    const texts: string[] = [];
    const types = new Set<string>();
    for await (const part of adapter.stream({ prompt: 'x' }, options())) {
      types.add(part.type);
      if (part.type === 'text') texts.push(part.text);
      if (part.type === 'finish') expect(part.result.content).toBe(texts.join(''));
    }
    expect([...types]).toEqual(['text', 'usage', 'finish']);
    expect(texts.join('')).toBe(sandboxReply({ prompt: 'x' }));
  });

  it('obeys maxTokens, and does not repeat its label when it is asked about its own answer', async () => {
    const result = await adapter.generate({ prompt: 'hello', maxTokens: 5 }, options());
    expect(result).toMatchObject({ finishReason: 'length', usage: { outputTokens: 5 } });
    expect(sandboxReply({ prompt: `Summarize: ${sandboxReply({ prompt: 'x' })}` }).match(/\[sandbox\]/g)).toHaveLength(1);
  });

  it('takes what other models take: conversations, images, tools, efforts; and calls no tool', async () => {
    const result = await adapter.generate(
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is this' },
              { type: 'image', url: 'https://example.com/a.png' },
            ],
          },
          { role: 'assistant', toolCalls: [{ id: 'c', name: 'find', arguments: '{}' }] },
          { role: 'tool', toolCallId: 'c', content: 'a cat' },
        ],
        tools: [{ name: 'find', parameters: { type: 'object' } }],
        toolChoice: 'required',
        reasoningEffort: 'high',
        requires: ['online-search'],
        stop: ['x'],
      },
      options(),
    );
    expect(result).toMatchObject({ finishReason: 'stop', costNanoUsd: 0 });
    expect(result.content).toContain('what is this');
    expect(result.toolCalls).toBeUndefined();
    expect(result.warnings).toBeUndefined();
  });

  it('answers in JSON where JSON is asked for', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const structured = await adapter.generate({ prompt: 'x', responseFormat: { type: 'json-schema', schema } }, options());
    expect(JSON.parse(structured.content)).toEqual({ name: '[sandbox]' });
    const free = await adapter.generate({ prompt: 'x', responseFormat: { type: 'json' } }, options());
    expect(JSON.parse(free.content)).toEqual({ answer: sandboxReply({ prompt: 'x' }) });
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    const call = adapter.generate({ prompt: 'x' }, { signal: controller.signal, timeoutMs: 5000 });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'ModelCallError', error: { name: 'Run.Cancelled' } });
  });
});

import type { JsonObject, JsonValue, RunKind } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { compileWorkflow, generatePlan } from '../definition/compile.ts';
import { StepFailure } from '../step-failure.ts';
import { generateAction } from './generate.ts';

const scopeOf = (input: JsonValue) => ({ get: (root: string) => (root === 'input' ? input : undefined) });

function prepare(step: JsonObject, input: JsonValue = {}, workflow: JsonObject = {}) {
  const plan = compileWorkflow({ name: 'w', ...workflow, steps: [{ id: 'a', action: 'generate', ...step }] });
  const planned = plan.steps.get('a');
  if (planned === undefined) throw new Error('no step');
  const prepared = generateAction.prepare(planned, { runKind: 'workflow', runInput: input, scope: scopeOf(input), nowMs: 0 });
  if (prepared.type !== 'model') throw new Error(`a ${prepared.type} step`);
  return prepared;
}

describe('a generate step', () => {
  it('fills in templates of messages, in contents and in text parts', () => {
    const messages = [
      { role: 'system', content: 'Answer in {{input.language}}.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is {{input.thing}}?' },
          { type: 'image', url: 'https://example.com/{{not a template}}.png' },
        ],
      },
      { role: 'assistant', toolCalls: [{ id: 't1', name: 'look', arguments: '{"a":"{{input.thing}}"}' }] },
      { role: 'tool', toolCallId: 't1', content: '{{input.found}}' },
    ];
    const input = { language: 'Latin', thing: 'this', found: { score: 3 } };
    const { request, input: recorded } = prepare({ input: { messages } }, input);
    const expected = [
      { role: 'system', content: 'Answer in Latin.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', url: 'https://example.com/{{not a template}}.png' },
        ],
      },
      { role: 'assistant', toolCalls: [{ id: 't1', name: 'look', arguments: '{"a":"{{input.thing}}"}' }] },
      { role: 'tool', toolCallId: 't1', content: '{"score":3}' },
    ];
    expect(request).toEqual({ messages: expected });
    expect(recorded).toEqual({ messages: expected });
    expect(prepare({ input: { messages } }, { ...input, language: 'Greek' }).request.messages?.[0]).toEqual({
      role: 'system',
      content: 'Answer in Greek.',
    });
  });

  it('takes long texts without a template as they are', () => {
    const content = 'x'.repeat(100_000);
    expect(prepare({ input: { messages: [{ role: 'user', content }] } }).request.messages).toEqual([{ role: 'user', content }]);
  });

  it('hands on everything that a request can say', () => {
    const literal = {
      tools: [{ name: 'look', parameters: { type: 'object', properties: {} } }],
      toolChoice: { name: 'look' },
      responseFormat: { type: 'json-schema', schema: { type: 'object' } },
      reasoningEffort: 'low',
      stop: ['END'],
    };
    const routing = { routing: 'fastest', requires: ['functions'], fallbacks: [{ provider: 'two', model: 'm2' }] };
    const numbers = { maxTokens: '{{input.n}}', temperature: 0.5, seed: '{{input.n}}', topP: '{{input.p}}' };
    const step = { provider: 'one', model: 'm1', ...routing, input: { prompt: 'p', ...literal, ...numbers } };
    const { request, input } = prepare(step, { n: 7, p: 0.25 });
    const rendered = { prompt: 'p', maxTokens: 7, temperature: 0.5, seed: 7, topP: 0.25 };
    expect(request).toEqual({ provider: 'one', model: 'm1', ...routing, ...rendered, ...literal });
    expect(input).toEqual({ ...rendered, ...literal });
  });

  it('refuses what its templates made invalid', () => {
    for (const [input, value] of [
      [{ prompt: 'p', seed: '{{input.v}}' }, -1],
      [{ prompt: 'p', topP: '{{input.v}}' }, 2],
      [{ messages: [{ role: 'user', content: '{{input.v}}' }] }, ''],
    ] as const) {
      expect(() => prepare({ input }, { v: value })).toThrow(StepFailure);
    }
  });
});

describe('a generate request', () => {
  it('is taken literally, without what is about its answer only', () => {
    const [planned] = generatePlan().steps.values();
    if (planned === undefined) throw new Error('no step');
    const runInput = { prompt: 'keep {{this}}', messages: [{ role: 'user', content: '{{that}}' }], explain: true };
    const context = { runKind: 'generate' as RunKind, runInput, scope: scopeOf({}), nowMs: 0 };
    const { explain: _, ...request } = runInput;
    expect(generateAction.prepare(planned, context)).toEqual({ type: 'model', input: null, request });
  });
});

import {
  type ModelPart,
  type OpenAiChatChunk,
  openAiChatChunkSchema,
  openAiChatCompletionSchema,
  type ToolCall,
} from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import type { Answer } from '../answer/answer.ts';
import { anyAnswer, partsOf, runId } from '../testing/answers.ts';
import { createChatChunks } from './chunks.ts';
import { toChatCompletion } from './completion.ts';

const answer: Answer = {
  content: 'Sunny.',
  reasoning: '',
  toolCalls: [],
  citations: [],
  finishReason: 'stop',
  usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, cacheWriteInputTokens: 0, reasoningTokens: 2 },
  origin: { run_id: runId, provider: 'acme', model: 'acme-large', cost_usd: 0.0025 },
};

function stream(of: Answer, parts: readonly ModelPart[], includesUsage = false): ServerSentEvent[] {
  const format = createChatChunks({ runId, model: 'smart', includesUsage });
  return [...format.start(), ...parts.flatMap((part) => format.part(part)), ...format.end(of)];
}

const chunksOf = (events: readonly ServerSentEvent[]) =>
  events.filter(({ data }) => data !== '[DONE]').map(({ data }) => openAiChatChunkSchema.strict().parse(JSON.parse(data)));

/** What a client puts together. */
function assemble(chunks: readonly OpenAiChatChunk[]) {
  const message = { role: '', content: '', reasoning: '', calls: [] as ToolCall[], annotations: [] as unknown[] };
  for (const { delta } of chunks.flatMap(({ choices }) => choices)) {
    message.role += delta.role ?? '';
    message.content += delta.content ?? '';
    message.reasoning += delta.reasoning_content ?? '';
    message.annotations.push(...(delta.annotations ?? []));
    for (const { index, id, type, function: called } of delta.tool_calls ?? []) {
      const { name, arguments: text } = called;
      if (id !== undefined && name !== undefined) {
        expect(type).toBe('function');
        expect(index).toBe(message.calls.length);
        message.calls.push({ id, name, arguments: text });
      } else {
        const call = message.calls[index];
        if (call === undefined) throw new Error('an unnamed call');
        message.calls[index] = { ...call, arguments: call.arguments + text };
      }
    }
  }
  return message;
}

const base = {
  id: `chatcmpl-${runId}`,
  created: Math.floor(0x01a209c712bd / 1000),
  model: 'smart',
  service_tier: 'default',
  system_fingerprint: null,
  object: 'chat.completion.chunk',
};
const choice = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, logprobs: null, finish_reason }];

describe('chunks of a chat completion', () => {
  it('begin with the role and end with the reason, what it cost, and the end mark', () => {
    const events = stream(answer, [
      { type: 'text', text: 'Sun' },
      { type: 'text', text: 'ny.' },
    ]);
    expect(events.at(-1)).toEqual({ data: '[DONE]' });
    expect(chunksOf(events)).toEqual(
      [
        { choices: choice({ role: 'assistant', content: '' }) },
        { choices: choice({ content: 'Sun' }) },
        { choices: choice({ content: 'ny.' }) },
        { choices: choice({}, 'stop'), orchestrator: answer.origin },
      ].map((chunk) => ({ ...base, ...chunk })),
    );
  });

  it('tell the usage in a chunk without choices, if asked', () => {
    const chunks = chunksOf(stream(answer, [{ type: 'text', text: 'Sunny.' }], true));
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null]);
    expect(chunks.slice(0, -1).every(({ orchestrator }) => orchestrator === undefined)).toBe(true);
    expect(chunks.at(-1)).toEqual({
      ...base,
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 2,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      orchestrator: answer.origin,
    });
  });

  it('tell tool calls by their index', () => {
    const called: Answer = {
      ...answer,
      content: '',
      toolCalls: [{ id: 'x', name: 'f', arguments: '{}' }],
      finishReason: 'tool-calls',
    };
    const chunks = chunksOf(stream(called, partsOf(called, [9])));
    expect(chunks.slice(1).map(({ choices }) => choices)).toEqual([
      choice({ tool_calls: [{ index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '' } }] }),
      choice({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      choice({}, 'tool_calls'),
    ]);
  });

  it('have no end mark when the answer broke off', () => {
    const body = { error: { message: 'm', type: 'server_error', param: null, code: null } };
    expect(createChatChunks({ runId, model: 'smart', includesUsage: false }).failure(body)).toEqual([
      { data: JSON.stringify(body) },
    ]);
  });

  it('put together are the whole completion', () => {
    fc.assert(
      fc.property(anyAnswer, fc.infiniteStream(fc.nat(9)), fc.boolean(), (any, cuts, includesUsage) => {
        const whole = openAiChatCompletionSchema.strict().parse(toChatCompletion(any, 'smart'));
        const [{ message, finish_reason } = { message: undefined, finish_reason: undefined }] = whole.choices;
        const chunks = chunksOf(stream(any, partsOf(any, cuts), includesUsage));
        expect(assemble(chunks)).toEqual({
          role: message?.role,
          content: message?.content ?? '',
          reasoning: message?.reasoning_content ?? '',
          calls: (message?.tool_calls ?? []).map(({ id, function: called }) => ({ id, ...called })),
          annotations: message?.annotations ?? [],
        });
        expect(chunks.flatMap(({ choices }) => choices.flatMap((each) => each.finish_reason ?? []))).toEqual([finish_reason]);
        expect(chunks.at(-1)?.orchestrator).toEqual(whole.orchestrator);
        expect(chunks.at(-1)?.usage).toEqual(includesUsage ? whole.usage : undefined);
        expect(new Set(chunks.map(({ id, model, created: at }) => `${id} ${model} ${at}`)).size).toBe(1);
      }),
    );
  });
});

import type { ModelPart, OpenAiChatChunk } from '@orchestrator/contracts';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Answer } from '../answer/answer.ts';
import { dataEvent, type StreamFormat } from '../answer/stream-format.ts';
import { completionBase, toAnnotations, toChatUsage, toFinishReason } from './completion.ts';

type Delta = OpenAiChatChunk['choices'][number]['delta'];

export interface ChatChunksOptions {
  readonly runId: string;
  /** The name that was asked for. */
  readonly model: string;
  /** The client asked for the usage, which comes in a chunk of its own. */
  readonly includesUsage: boolean;
}

/** Only the first piece of a tool call names it. */
function toDelta(part: ModelPart): Delta {
  if (part.type === 'text') return { content: part.text };
  if (part.type === 'reasoning') return { reasoning_content: part.text };
  const { index, id, name, argumentsDelta } = part;
  const called = omitUndefined({ name, arguments: argumentsDelta });
  return {
    tool_calls: [omitUndefined({ index, id, type: id === undefined ? undefined : ('function' as const), function: called })],
  };
}

/** The stream of a chat completion: chunks, then `[DONE]`, which a stream that broke off lacks. */
export function createChatChunks({ runId, model, includesUsage }: ChatChunksOptions): StreamFormat {
  const base = { ...completionBase(runId, model), object: 'chat.completion.chunk' as const };
  const noUsage = includesUsage ? { usage: null } : {};

  function chunk(delta: Delta, finishReason: OpenAiChatChunk['choices'][number]['finish_reason'] = null): OpenAiChatChunk {
    return { ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }], ...noUsage };
  }

  function end({ citations, finishReason, usage, origin }: Answer): ServerSentEvent[] {
    const sources = citations.length === 0 ? [] : [chunk({ annotations: toAnnotations(citations) })];
    const last = chunk({}, toFinishReason(finishReason));
    const ending = includesUsage
      ? [last, { ...base, choices: [], usage: toChatUsage(usage), orchestrator: origin }]
      : [{ ...last, orchestrator: origin }];
    return [...[...sources, ...ending].map(dataEvent), { data: '[DONE]' }];
  }

  return {
    start: () => [dataEvent(chunk({ role: 'assistant', content: '' }))],
    part: (part) => [dataEvent(chunk(toDelta(part)))],
    end,
    failure: (body) => [dataEvent(body)],
  };
}

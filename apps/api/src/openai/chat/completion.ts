import type {
  Citation,
  FinishReason,
  OpenAiChatCompletion,
  OpenAiChatUsage,
  OpenAiFinishReason,
  TokenUsage,
} from '@orchestrator/contracts';
import { omitUndefined } from '../../omit-undefined.ts';
import { type Answer, createdSeconds } from '../answer/answer.ts';

const finishReasons = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  other: 'stop',
} as const satisfies Record<FinishReason, OpenAiFinishReason>;

export function toFinishReason(reason: FinishReason): OpenAiFinishReason {
  return finishReasons[reason];
}

export function toChatUsage(usage: TokenUsage): OpenAiChatUsage {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Where in the text a source is used isn't known. */
export function toAnnotations(citations: readonly Citation[]) {
  return citations.map(({ url, title = url }) => ({
    type: 'url_citation' as const,
    url_citation: { url, title, start_index: 0, end_index: 0 },
  }));
}

/** Fields that a completion and the chunks of a streamed one have in common. */
export function completionBase(runId: string, model: string) {
  return {
    id: `chatcmpl-${runId}`,
    created: createdSeconds(runId),
    model,
    service_tier: 'default',
    system_fingerprint: null,
  } as const;
}

/** @param model - the name that was asked for */
export function toChatCompletion(answer: Answer, model: string): OpenAiChatCompletion {
  const { content, reasoning, toolCalls, citations, finishReason, usage, origin } = answer;
  const calls = toolCalls.map(({ id, name, arguments: text }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: text },
  }));
  const message = omitUndefined({
    role: 'assistant' as const,
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    reasoning_content: reasoning || undefined,
    annotations: citations.length === 0 ? undefined : toAnnotations(citations),
    tool_calls: calls.length === 0 ? undefined : calls,
  });
  return {
    ...completionBase(origin.run_id, model),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: toFinishReason(finishReason) }],
    usage: toChatUsage(usage),
    orchestrator: origin,
  };
}

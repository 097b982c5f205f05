import type {
  FinishReason,
  OpenAiOutputItem,
  OpenAiOutputText,
  OpenAiResponse,
  OpenAiResponseRequest,
  OpenAiResponseUsage,
  TokenUsage,
} from '@orchestrator/contracts';
import { type Answer, createdSeconds } from '../answer/answer.ts';
import { toAnnotations } from '../chat/completion.ts';
import { itemId, responseId } from './item-ids.ts';

type IncompleteReason = NonNullable<OpenAiResponse['incomplete_details']>['reason'];

/** Why an answer is not all of what the model had to say; null when it is. */
export function incompleteReason(reason: FinishReason): IncompleteReason | null {
  if (reason === 'length') return 'max_output_tokens';
  return reason === 'content-filter' ? 'content_filter' : null;
}

function toUsage(usage: TokenUsage): OpenAiResponseUsage {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: usage.cacheWriteInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

export function toOutputText(text: string, citations: Answer['citations']): OpenAiOutputText {
  const annotations = toAnnotations(citations).map(({ type, url_citation }) => ({ type, ...url_citation }));
  return { type: 'output_text', text, annotations, logprobs: [] };
}

type Echo = Omit<OpenAiResponse, 'id' | 'created_at' | 'status' | 'error' | 'incomplete_details' | 'output' | 'usage'>;

/** What of a request its response repeats. */
function echo(body: OpenAiResponseRequest): Echo {
  return {
    object: 'response',
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: body.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: body.reasoning ?? { effort: null, summary: null },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? null,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? null,
    truncation: 'disabled',
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

/** A response that has no answer yet. */
export function openResponse(runId: string, body: OpenAiResponseRequest): OpenAiResponse {
  return {
    ...echo(body),
    id: responseId(runId),
    created_at: createdSeconds(runId),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
}

/** The response when the answer is there. */
export function endedResponse(open: OpenAiResponse, answer: Answer, output: readonly OpenAiOutputItem[]): OpenAiResponse {
  const reason = incompleteReason(answer.finishReason);
  return {
    ...open,
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    output: [...output],
    usage: toUsage(answer.usage),
    orchestrator: answer.origin,
  };
}

function outputOf({ content, reasoning, toolCalls, citations, finishReason, origin }: Answer): OpenAiOutputItem[] {
  const runId = origin.run_id;
  const status: 'completed' | 'incomplete' = incompleteReason(finishReason) === null ? 'completed' : 'incomplete';
  const summary = [{ type: 'summary_text' as const, text: reasoning }];
  const text = [toOutputText(content, citations)];
  return [
    ...(reasoning === ''
      ? []
      : [{ id: itemId('rs', runId, 0), type: 'reasoning' as const, status: 'completed' as const, summary }]),
    ...(content === '' && toolCalls.length > 0
      ? []
      : [{ id: itemId('msg', runId, 0), type: 'message' as const, status, role: 'assistant' as const, content: text } as const]),
    ...toolCalls.map(({ id, name, arguments: args }, index) => ({
      id: itemId('fc', runId, index),
      type: 'function_call' as const,
      status,
      call_id: id,
      name,
      arguments: args,
    })),
  ];
}

export function toResponse(answer: Answer, body: OpenAiResponseRequest): OpenAiResponse {
  return endedResponse(openResponse(answer.origin.run_id, body), answer, outputOf(answer));
}

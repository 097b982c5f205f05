import type { FinishReason, ToolCall } from '@orchestrator/contracts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { statedFailure } from '../../protocols/endpoint-client.ts';
import { sourcesOf, toCitations } from './citations.ts';
import { type AgentResponse, agentResponseSchema, type OutputItem } from './schemas.ts';
import { readAgentBill } from './usage.ts';

const incompleteReasons = new Map<string, FinishReason>([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content-filter'],
]);

function textOf(output: readonly OutputItem[], type: string): string {
  const parts = output.filter((item) => item.type === 'message').flatMap((item) => item.content ?? []);
  return parts.map((part) => (part.type === type ? (part.text ?? '') : '')).join('');
}

/** @throws UnusableAnswer for a call of nothing */
export function toToolCall(item: OutputItem, index: number): ToolCall {
  if (!item.name) throw new UnusableAnswer('It called a function without naming it.');
  return { id: item.call_id || `call_${index}`, name: item.name, arguments: item.arguments || '{}' };
}

function readFinishReason(response: AgentResponse): FinishReason {
  const isRefused = response.output.some((item) => item.content?.some((part) => part.type === 'refusal'));
  if (isRefused) return 'content-filter';
  if (response.status === 'incomplete') {
    return incompleteReasons.get(response.incomplete_details?.reason ?? '') ?? 'other';
  }
  return response.output.some((item) => item.type === 'function_call') ? 'tool-calls' : 'stop';
}

/** Runs that failed or were cancelled come with HTTP 200: only `status` tells them from answers. */
const endedStates: ReadonlySet<string> = new Set(['completed', 'incomplete', 'requires_action']);

/**
 * Reads a response object, the body of a plain answer or the `response` of a terminal event.
 * @throws UnusableAnswer when it is none, or has not ended; APIError when it says why the run failed
 */
export function readAgentResponse(body: unknown): { readonly answer: VendorAnswer; readonly output: readonly OutputItem[] } {
  const parsed = agentResponseSchema.safeParse(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a response object.');
  const { output, status, model, usage, error } = parsed.data;
  if (error || status === 'failed' || status === 'cancelled') {
    const message = error?.message ?? `The run ended with status "${status}".`;
    throw statedFailure({ message, code: error?.code, type: error?.type });
  }
  if (status && !endedStates.has(status)) throw new UnusableAnswer(`It answered with a run in status "${status}".`);
  const citations = toCitations(output.flatMap(sourcesOf));
  const reasoning = output.flatMap((item) => (item.type === 'reasoning' ? (item.summary ?? []) : []));
  const toolCalls = output.filter((item) => item.type === 'function_call').map(toToolCall);
  const answer: VendorAnswer = {
    content: textOf(output, 'output_text'),
    ...(reasoning.length === 0 ? {} : { reasoning: reasoning.map(({ text }) => text ?? '').join('') }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(citations.length === 0 ? {} : { citations }),
    finishReason: readFinishReason(parsed.data),
    model: model ?? null,
    ...readAgentBill(usage),
  };
  return { answer, output };
}

/** @throws as `readAgentResponse`; UnusableAnswer also when there is no output at all */
export function fromAgentResponse(body: unknown): VendorAnswer {
  const { answer, output } = readAgentResponse(body);
  if (output.length === 0) throw new UnusableAnswer('It answered without any output.');
  return answer;
}

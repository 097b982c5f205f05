import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { type ChatToolCall, chatAnswerSchema } from './schemas.ts';
import { readArguments } from './tool-arguments.ts';
import { readChatUsage, readFinishReason } from './usage.ts';

/** @throws UnusableAnswer for a call of nothing */
export function toNamedCall(
  call: ChatToolCall | null | undefined,
  index: number,
): { readonly id: string; readonly name: string } {
  const name = call?.function?.name;
  if (!name) throw new UnusableAnswer('It called a tool without naming it.');
  return { id: call.id || `call_${index}`, name };
}

/**
 * The vendor doesn't say which model answered: it is the one that was asked.
 * @throws UnusableAnswer when the body is no answer; APIError when it says that the call failed
 */
export function fromChatAnswer(body: unknown): VendorAnswer {
  const parsed = chatAnswerSchema.safeParse(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a chat message.');
  const { message, finish_reason, usage } = parsed.data;
  const content = message.content ?? [];
  const toolCalls = (message.tool_calls ?? []).map((call, index) => ({
    ...toNamedCall(call, index),
    arguments: readArguments(call.function?.arguments),
  }));
  if (content.length === 0 && toolCalls.length === 0 && !finish_reason) {
    throw new UnusableAnswer('It answered without any content.');
  }
  const finishReason = finish_reason ? readFinishReason(finish_reason) : 'other';
  const reasoning = content.map((part) => part.thinking ?? '').join('') + (message.tool_plan ?? '');
  return {
    content: content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join(''),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    finishReason,
    model: null,
    usage: readChatUsage(usage),
  };
}

import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import type { ChatDialect } from './dialect.ts';
import { chatCompletionSchema } from './schemas.ts';
import { readFinishReason, readUsage } from './usage.ts';

/** @throws UnusableAnswer when the body is no chat completion */
export function fromChatResponse(body: unknown, dialect: ChatDialect): VendorAnswer {
  const parsed = chatCompletionSchema.safeParse(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a chat completion.');
  const { model, choices, usage } = parsed.data;
  const choice = choices[0];
  if (choice === undefined) throw new UnusableAnswer('It answered without any choice.');
  const isRefused = Boolean(choice.message.refusal);
  return {
    content: choice.message.content ?? '',
    finishReason: isRefused ? 'content-filter' : readFinishReason(choice.finish_reason),
    model: model ?? null,
    usage: usage ? (dialect.readUsage ?? readUsage)(usage) : null,
  };
}

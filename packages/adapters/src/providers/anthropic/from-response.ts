import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { messageSchema } from './schemas.ts';
import { readMessageUsage, readStopReason } from './usage.ts';

/**
 * Takes the text blocks, wherever they stand: thinking and other blocks may come first.
 * @throws UnusableAnswer when the body is no message
 */
export function fromMessage(body: unknown): VendorAnswer {
  const parsed = messageSchema.safeParse(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a message.');
  const { content, model, stop_reason, usage } = parsed.data;
  if (content.length === 0 && stop_reason == null) throw new UnusableAnswer('It answered without any content.');
  return {
    content: content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
    finishReason: readStopReason(stop_reason),
    model: model ?? null,
    usage: readMessageUsage(usage),
  };
}

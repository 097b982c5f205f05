import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer } from '../../failure/failure.ts';
import { type MessageUsage, messageEventSchema } from './schemas.ts';
import { readMessageUsage, readStopReason } from './usage.ts';

/** Later figures replace earlier ones: the counts of `message_delta` are cumulative, and it omits what it doesn't know. */
function mergeUsage(earlier: MessageUsage, later: MessageUsage): MessageUsage {
  const known = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...earlier, ...Object.fromEntries(known) };
}

/**
 * Reads the events of one streamed message. Usage is split: input in `message_start`, output in `message_delta`, which also
 * brings the stop reason. The SDK ends quietly on abort, so only a stop reason makes an answer complete.
 * @throws TruncatedAnswer when the events stop before a stop reason
 */
export async function* fromMessageStream(events: AsyncIterable<unknown>): AsyncGenerator<VendorStreamEvent> {
  let model: string | null = null;
  let started: MessageUsage = {};
  let ended: MessageUsage | null = null;
  let stopReason: string | null = null;
  for await (const event of events) {
    const parsed = messageEventSchema.safeParse(event);
    if (!parsed.success) throw new UnusableAnswer('It streamed something that is not a message event.');
    const { type, message, content_block, delta, usage } = parsed.data;
    if (type === 'message_start') {
      model = message?.model ?? null;
      started = message?.usage ?? {};
    }
    if (type === 'content_block_start' && content_block?.type === 'text' && content_block.text) {
      yield { type: 'text', text: content_block.text };
    }
    if (type === 'content_block_delta' && delta?.type === 'text_delta' && delta.text) yield { type: 'text', text: delta.text };
    if (type === 'message_delta') {
      stopReason = delta?.stop_reason ?? stopReason;
      if (usage) ended = mergeUsage(ended ?? {}, usage);
    }
  }
  if (stopReason === null) throw new TruncatedAnswer('The stream ended without a stop reason.');
  // The output count of `message_start` is a first guess: without the final figure there is no usage.
  const usage = ended === null ? null : readMessageUsage(mergeUsage(started, ended));
  yield { type: 'end', answer: { finishReason: readStopReason(stopReason), model, usage } };
}

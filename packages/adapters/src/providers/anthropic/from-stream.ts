import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer } from '../../failure/failure.ts';
import { type MessageEvent, type MessageUsage, messageEventSchema } from './schemas.ts';
import { createToolCallStream } from './tool-call-stream.ts';
import { readMessageUsage, readStopReason } from './usage.ts';

/** Later figures replace earlier ones: the counts of `message_delta` are cumulative, and it omits what it doesn't know. */
function mergeUsage(earlier: MessageUsage, later: MessageUsage): MessageUsage {
  const known = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...earlier, ...Object.fromEntries(known) };
}

/** What one event adds to the answer's content. */
function readPiece(
  { type, index, content_block: block, delta }: MessageEvent,
  toolCalls: ReturnType<typeof createToolCallStream>,
): VendorStreamEvent | undefined {
  const blockIndex = index ?? 0;
  if (type === 'content_block_start') {
    if (block?.type === 'text' && block.text) return { type: 'text', text: block.text };
    if (block?.type === 'thinking' && block.thinking) return { type: 'reasoning', text: block.thinking };
    if (block?.type === 'tool_use') return toolCalls.start(blockIndex, block);
  }
  if (type === 'content_block_delta') {
    if (delta?.type === 'text_delta' && delta.text) return { type: 'text', text: delta.text };
    if (delta?.type === 'thinking_delta' && delta.thinking) return { type: 'reasoning', text: delta.thinking };
    if (delta?.type === 'input_json_delta') return toolCalls.delta(blockIndex, delta.partial_json ?? '');
  }
  return type === 'content_block_stop' ? toolCalls.stop(blockIndex) : undefined;
}

/**
 * Reads the events of one streamed message. Usage is split: input in `message_start`, output in `message_delta`, which also
 * brings the stop reason. The SDK ends quietly on abort, so only a stop reason makes an answer complete.
 * @throws TruncatedAnswer when the events stop before a stop reason
 */
export async function* fromMessageStream(events: AsyncIterable<unknown>): AsyncGenerator<VendorStreamEvent> {
  const toolCalls = createToolCallStream();
  let model: string | null = null;
  let started: MessageUsage = {};
  let ended: MessageUsage | null = null;
  let stopReason: string | null = null;
  for await (const event of events) {
    const parsed = messageEventSchema.safeParse(event);
    if (!parsed.success) throw new UnusableAnswer('It streamed something that is not a message event.');
    const { type, message, delta, usage } = parsed.data;
    if (type === 'message_start') {
      model = message?.model ?? null;
      started = message?.usage ?? {};
    }
    const piece = readPiece(parsed.data, toolCalls);
    if (piece !== undefined) yield piece;
    if (type === 'message_delta') {
      stopReason = delta?.stop_reason ?? stopReason;
      if (usage) ended = mergeUsage(ended ?? {}, usage);
    }
  }
  if (stopReason === null) throw new TruncatedAnswer('The stream ended without a stop reason.');
  // The output count of `message_start` is a first guess: without the final figure there is no usage.
  const usage = ended?.output_tokens == null ? null : readMessageUsage(mergeUsage(started, ended));
  yield { type: 'end', answer: { finishReason: readStopReason(stopReason), model, usage } };
}

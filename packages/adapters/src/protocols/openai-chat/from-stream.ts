import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer } from '../../failure/failure.ts';
import type { ChatDialect } from './dialect.ts';
import { chatChunkSchema } from './schemas.ts';
import { readFinishReason, readUsage } from './usage.ts';

/**
 * Reads the chunks of one streamed completion. The finish reason comes with the last text chunk, the usage after it in a
 * chunk without choices. The SDK ends quietly when the stream is aborted or its end marker is missing, so only a finish reason makes
 * an answer complete; usage lost after it is settled at the worst case.
 * @throws TruncatedAnswer when the chunks stop before a finish reason
 */
export async function* fromChatStream(chunks: AsyncIterable<unknown>, dialect: ChatDialect): AsyncGenerator<VendorStreamEvent> {
  let model: string | null = null;
  let usage: TokenUsage | null = null;
  let finishReason: FinishReason | null = null;
  let isRefused = false;
  for await (const chunk of chunks) {
    const parsed = chatChunkSchema.safeParse(chunk);
    if (!parsed.success) throw new UnusableAnswer('It streamed something that is not a chat completion chunk.');
    model = parsed.data.model ?? model;
    if (parsed.data.usage) usage = (dialect.readUsage ?? readUsage)(parsed.data.usage);
    const choice = parsed.data.choices?.[0];
    if (choice?.delta?.refusal) isRefused = true;
    if (choice?.delta?.content) yield { type: 'text', text: choice.delta.content };
    if (choice?.finish_reason) finishReason = readFinishReason(choice.finish_reason);
  }
  if (finishReason === null) throw new TruncatedAnswer('The stream ended without a finish reason.');
  yield { type: 'end', answer: { finishReason: isRefused ? 'content-filter' : finishReason, model, usage } };
}

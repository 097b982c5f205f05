import type { PreparedCall } from '../../call/prepared-call.ts';
import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer } from '../../failure/failure.ts';
import { createAnswerReader } from './answer-reader.ts';

/** @throws TruncatedAnswer when the chunks stop before a finish reason */
export async function* fromContentStream(
  chunks: AsyncIterable<unknown>,
  call: Pick<PreparedCall, 'messages'>,
): AsyncGenerator<VendorStreamEvent> {
  const reader = createAnswerReader(call);
  for await (const chunk of chunks) yield* reader.read(chunk);
  const answer = reader.end();
  if (answer === null) throw new TruncatedAnswer('The stream ended without a finish reason.');
  yield { type: 'end', answer };
}

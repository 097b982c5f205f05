import { type ModelCallError, type ModelResult, toStorableText } from '@orchestrator/contracts';
import type { CallOptions, StreamOutcome, StreamPart } from '../contract.ts';
import { TruncatedAnswer } from '../failure/failure.ts';
import { createAnswerCollector } from './answer-collector.ts';
import type { Attempt } from './attempt.ts';
import { createPartQueue, type PartQueue } from './part-queue.ts';
import type { VendorAnswer, VendorStreamEvent } from './vendor-answer.ts';

/** A started stream: the vendor's events, and what the adapter makes of their end. */
export interface StreamFlight {
  readonly attempt: Attempt;
  readonly events: AsyncIterable<VendorStreamEvent>;
  /** @throws ModelCallError when the answer was withheld */
  settle(answer: VendorAnswer): ModelResult;
  explain(error: unknown, hasContent: boolean): ModelCallError;
}

/** Tells the outcome; what a listener throws has nowhere to go and must not end the process. */
export function reportOutcome(onSettled: CallOptions['onSettled'], outcome: StreamOutcome): void {
  try {
    onSettled?.(outcome);
  } catch {
    // Documented at `CallOptions.onSettled`.
  }
}

/** An id or a name of the vendor's in a form that can be stored, as in the result. */
function toStorablePart(part: StreamPart): StreamPart {
  if (part.type !== 'tool-call' || (part.id === undefined && part.name === undefined)) return part;
  return {
    ...part,
    ...(part.id === undefined ? {} : { id: toStorableText(part.id) }),
    ...(part.name === undefined ? {} : { name: toStorableText(part.name) }),
  };
}

/** Reads the vendor to its end. @throws whatever the vendor's stream ends with, or the attempt's stop */
async function readEvents(
  { attempt, events, settle }: StreamFlight,
  collector: ReturnType<typeof createAnswerCollector>,
  emit: (part: StreamPart) => void,
): Promise<ModelResult> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await attempt.race(iterator.next());
      if (next.done) throw new TruncatedAnswer('The stream ended before the answer was complete.');
      attempt.sawEvent();
      const event = next.value;
      if (event.type === 'end') {
        for (const part of collector.flush()) emit(part);
        return settle({ ...event.answer, ...collector.answer() });
      }
      for (const part of collector.push(event)) emit(toStorablePart(part));
      if (collector.hasContent()) attempt.sawContent();
    }
  } finally {
    // Not awaited: a stream that hangs would never come back, and closing the attempt closes its socket.
    iterator.return?.().then(undefined, () => {});
  }
}

async function pump(flight: StreamFlight, queue: PartQueue<StreamPart>, onSettled: CallOptions['onSettled']): Promise<void> {
  const collector = createAnswerCollector();
  try {
    const result = await readEvents(flight, collector, queue.push);
    flight.attempt.close();
    reportOutcome(onSettled, { ok: true, result });
    queue.push({ type: 'usage', usage: result.usage, costNanoUsd: result.costNanoUsd, costBasis: result.costBasis });
    queue.push({ type: 'finish', finishReason: result.finishReason, result });
    queue.end();
  } catch (cause) {
    const error = flight.explain(cause, collector.hasContent());
    flight.attempt.close('abandon');
    reportOutcome(onSettled, { ok: false, error });
    queue.end(error);
  }
}

/**
 * Carries out a stream. The vendor is read as fast as it sends, whether or not the reader keeps up, and to its end when the
 * reader has left: the usage comes last, and an answer that nobody reads is paid for all the same. What waits for a slow
 * reader is at most one answer.
 * @throws ModelCallError from the iterator
 */
export async function* streamCall(flight: StreamFlight, onSettled: CallOptions['onSettled']): AsyncGenerator<StreamPart> {
  const queue = createPartQueue<StreamPart>();
  // Never rejects: its error goes into the queue.
  void pump(flight, queue, onSettled);
  for (;;) {
    const part = await queue.next();
    if (part === undefined) return;
    yield part;
  }
}

import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { toToolCall } from './from-response.ts';
import type { OutputItem } from './schemas.ts';

type ToolCallEvent = Extract<VendorStreamEvent, { type: 'tool-call' }>;

interface OpenCall {
  readonly index: number;
  hasArguments: boolean;
}

/**
 * Numbers the function calls of a response from 0. Arguments come as deltas or whole, with the finished item, or only in the
 * terminal event's repetition; whichever comes first counts, and nothing is yielded twice.
 */
export function createToolCallReader() {
  const byOutputIndex = new Map<number, OpenCall>();

  function* start(outputIndex: number, item: OutputItem): Generator<ToolCallEvent> {
    if (byOutputIndex.has(outputIndex)) return;
    const index = byOutputIndex.size;
    const { id, name } = toToolCall(item, index);
    byOutputIndex.set(outputIndex, { index, hasArguments: false });
    yield { type: 'tool-call', index, id, name, argumentsDelta: '' };
  }

  function* addArguments(outputIndex: number, argumentsDelta: string): Generator<ToolCallEvent> {
    const call = byOutputIndex.get(outputIndex);
    if (call === undefined) return;
    call.hasArguments = true;
    yield { type: 'tool-call', index: call.index, argumentsDelta };
  }

  function* addItem(outputIndex: number, item: OutputItem, isDone: boolean): Generator<ToolCallEvent> {
    yield* start(outputIndex, item);
    const isMissing = byOutputIndex.get(outputIndex)?.hasArguments === false;
    if (isDone && isMissing && item.arguments) yield* addArguments(outputIndex, item.arguments);
  }

  return {
    addArguments,
    addItem,
    /** @param output - the terminal event's, whose positions are the output indexes of the stream */
    *addMissing(output: readonly OutputItem[]): Generator<ToolCallEvent> {
      for (const [outputIndex, item] of output.entries()) {
        if (item.type === 'function_call') yield* addItem(outputIndex, item, true);
      }
    },
    hasAny: () => byOutputIndex.size > 0,
  };
}

import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import type { MessageBlock } from './schemas.ts';

type ToolCallPiece = Extract<VendorStreamEvent, { type: 'tool-call' }>;

interface OpenCall {
  readonly index: number;
  /** From the block's start; mostly `{}`, the arguments follow as deltas. */
  readonly input: unknown;
  hasArguments: boolean;
}

/**
 * Turns the `tool_use` blocks of a stream into pieces of tool calls. Blocks of all types are numbered in one row, tool
 * calls are counted on their own; a call without arguments has no delta, or an empty one, and still needs its `{}`.
 */
export function createToolCallStream(): {
  start(blockIndex: number, block: MessageBlock): ToolCallPiece;
  delta(blockIndex: number, json: string): ToolCallPiece | undefined;
  stop(blockIndex: number): ToolCallPiece | undefined;
} {
  const open = new Map<number, OpenCall>();
  let count = 0;
  return {
    start(blockIndex, { id, name, input }) {
      if (!id || !name) throw new UnusableAnswer('It streamed a tool call without id or name.');
      const index = count++;
      open.set(blockIndex, { index, input, hasArguments: false });
      return { type: 'tool-call', index, id, name, argumentsDelta: '' };
    },
    delta(blockIndex, json) {
      const call = open.get(blockIndex);
      if (call === undefined || json === '') return undefined;
      call.hasArguments = true;
      return { type: 'tool-call', index: call.index, argumentsDelta: json };
    },
    stop(blockIndex) {
      const call = open.get(blockIndex);
      open.delete(blockIndex);
      if (call === undefined || call.hasArguments) return undefined;
      return { type: 'tool-call', index: call.index, argumentsDelta: JSON.stringify(call.input ?? {}) };
    },
  };
}

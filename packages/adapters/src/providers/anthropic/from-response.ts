import type { ToolCall } from '@orchestrator/contracts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { type MessageBlock, messageSchema } from './schemas.ts';
import { readMessageUsage, readStopReason } from './usage.ts';

function readToolCall({ id, name, input }: MessageBlock): ToolCall {
  if (!id || !name) throw new UnusableAnswer('It answered with a tool call without id or name.');
  return { id, name, arguments: JSON.stringify(input ?? {}) };
}

/**
 * Takes the blocks by type, wherever they stand: thinking and other blocks may come first.
 * @throws UnusableAnswer when the body is no message
 */
export function fromMessage(body: unknown): VendorAnswer {
  const parsed = messageSchema.safeParse(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a message.');
  const { content, model, stop_reason, usage } = parsed.data;
  if (content.length === 0 && stop_reason == null) throw new UnusableAnswer('It answered without any content.');
  const reasoning = content.map((block) => (block.type === 'thinking' ? (block.thinking ?? '') : '')).join('');
  const toolCalls = content.filter((block) => block.type === 'tool_use').map(readToolCall);
  return {
    content: content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    finishReason: readStopReason(stop_reason),
    model: model ?? null,
    usage: readMessageUsage(usage),
  };
}

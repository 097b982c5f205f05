import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer } from '../../failure/failure.ts';
import { statedFailure } from '../../protocols/endpoint-client.ts';
import { toNamedCall } from './from-response.ts';
import { chatEventSchema } from './schemas.ts';
import { createArgumentsReader } from './tool-arguments.ts';
import { readChatUsage, readFinishReason } from './usage.ts';

type StreamEnd = Extract<VendorStreamEvent, { type: 'end' }>;
type ChatEvent = ReturnType<typeof readEvent>;

function readEvent(event: unknown) {
  const parsed = chatEventSchema.safeParse(event);
  if (!parsed.success) throw new UnusableAnswer('It streamed something that is not a chat event.');
  return parsed.data;
}

/** Reads tool calls, which come one after the other, each between its own start and end. */
function createToolCallReader() {
  let index = -1;
  let toolArguments = createArgumentsReader();
  return function* read({ type, delta }: ChatEvent): Generator<VendorStreamEvent> {
    const call = delta?.message?.tool_calls;
    const given = call?.function?.arguments ?? '';
    if (type === 'tool-call-start') {
      index += 1;
      toolArguments = createArgumentsReader();
      const argumentsDelta = toolArguments.push(given);
      yield { type: 'tool-call', index, ...toNamedCall(call, index), argumentsDelta };
    } else if (index >= 0 && (type === 'tool-call-delta' || type === 'tool-call-end')) {
      const argumentsDelta = type === 'tool-call-end' ? toolArguments.flush() : toolArguments.push(given);
      if (argumentsDelta !== '') yield { type: 'tool-call', index, argumentsDelta };
    }
  };
}

/** Events of types that aren't used, or not known yet, yield nothing. */
function* readTexts({ type, delta }: ChatEvent): Generator<VendorStreamEvent> {
  const piece = delta?.message;
  if (type === 'content-start' || type === 'content-delta') {
    if (piece?.content?.thinking) yield { type: 'reasoning', text: piece.content.thinking };
    if (piece?.content?.text) yield { type: 'text', text: piece.content.text };
  }
  if (type === 'tool-plan-delta' && piece?.tool_plan) yield { type: 'reasoning', text: piece.tool_plan };
}

function readEnd({ delta }: ChatEvent): StreamEnd {
  if (!delta?.finish_reason) throw new TruncatedAnswer('The stream ended without a finish reason.');
  const finishReason = readFinishReason(delta.finish_reason, delta.error);
  return { type: 'end', answer: { finishReason, model: null, usage: readChatUsage(delta.usage) } };
}

/**
 * Reads the events of one streamed message. Only `message-end`, with finish reason and usage, makes the answer complete; what
 * happens to the connection after it changes nothing.
 * @throws TruncatedAnswer when the events stop before it, or it names no reason
 */
export async function* fromChatEvents(events: AsyncIterable<unknown>): AsyncGenerator<VendorStreamEvent> {
  const readToolCalls = createToolCallReader();
  let end: StreamEnd | undefined;
  try {
    for await (const event of events) {
      if (end !== undefined) continue;
      const data = readEvent(event);
      if (data.type === 'error') throw statedFailure({ message: data.message ?? 'The stream reported an error.' });
      if (data.type === 'message-end') end = readEnd(data);
      yield* readTexts(data);
      yield* readToolCalls(data);
    }
  } catch (error) {
    if (end === undefined) throw error;
  }
  if (end === undefined) throw new TruncatedAnswer('The stream ended before its last event.');
  yield end;
}

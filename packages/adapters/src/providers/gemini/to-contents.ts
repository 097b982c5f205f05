import type { Content, FunctionCall, FunctionResponse, Part } from '@google/generative-ai';
import type { ImagePart, ToolCall } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import { refusedCall } from '../../failure/refused-call.ts';
import { thinkingStyleOf } from './models.ts';

type Message = PreparedCall['messages'][number];

// Fields that the API has and the SDK's types lack.
interface IdentifiedCall extends FunctionCall {
  readonly id?: string;
}
interface IdentifiedResponse extends FunctionResponse {
  readonly id?: string;
}
interface Signed {
  readonly thoughtSignature?: string;
}

/**
 * From Gemini 3 on the first call of a turn must carry the signature of the thoughts behind it, or the request is answered
 * with 400. Tool calls in our form have no place for it, and those of other vendors never had one: this value, which the
 * vendor documents for calls that it didn't make itself, stands in.
 */
const noThoughtSignature = 'skip_thought_signature_validator';

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toImage(call: PreparedCall, { data, mediaType }: ImagePart): Part {
  if (data === undefined || mediaType === undefined) {
    throw refusedCall(call, 'Google Gemini', 'it takes no image URLs: give the image as base64 in `data`.');
  }
  return { inlineData: { mimeType: mediaType, data } };
}

function toUserParts(call: PreparedCall, content: Extract<Message, { role: 'user' }>['content']): Part[] {
  if (typeof content === 'string') return [{ text: content }];
  return content.map((part) => (part.type === 'text' ? { text: part.text } : toImage(call, part)));
}

function toFunctionCall(call: PreparedCall, { id, name, arguments: text }: ToolCall, isFirst: boolean): Part & Signed {
  const isSigned = thinkingStyleOf(call.model) === 'level';
  const args = text.trim() === '' ? {} : (parseObject(text) ?? { arguments: text });
  const functionCall: IdentifiedCall = { name, args, ...(isSigned ? { id } : {}) };
  return { functionCall, ...(isSigned && isFirst ? { thoughtSignature: noThoughtSignature } : {}) };
}

/** A result names its function, which only the call before it knows. */
function toFunctionResponse(call: PreparedCall, message: Extract<Message, { role: 'tool' }>, position: number): Part {
  const { toolCallId, content } = message;
  const name = call.messages
    .slice(0, position)
    .flatMap((earlier) => (earlier.role === 'assistant' ? (earlier.toolCalls ?? []) : []))
    .findLast(({ id }) => id === toolCallId)?.name;
  if (name === undefined) {
    throw refusedCall(call, 'Google Gemini', `the tool result for ${toolCallId} follows no tool call with that id.`);
  }
  const functionResponse: IdentifiedResponse = {
    name,
    response: parseObject(content) ?? { result: content },
    ...(thinkingStyleOf(call.model) === 'level' ? { id: toolCallId } : {}),
  };
  return { functionResponse };
}

/**
 * The conversation in turns of `user` and `model`; the results of all calls of a turn stand together in one.
 * @throws ModelCallError `Provider.InvalidRequest` for image URLs and for results without a call
 */
export function toContents(call: PreparedCall): Content[] {
  const contents: Content[] = [];
  call.messages.forEach((message, position) => {
    if (message.role === 'tool') {
      const response = toFunctionResponse(call, message, position);
      const last = contents.at(-1);
      if (call.messages[position - 1]?.role === 'tool' && last !== undefined) last.parts.push(response);
      else contents.push({ role: 'user', parts: [response] });
    } else if (message.role === 'assistant') {
      const text: Part[] = message.content ? [{ text: message.content }] : [];
      const calls = (message.toolCalls ?? []).map((toolCall, index) => toFunctionCall(call, toolCall, index === 0));
      contents.push({ role: 'model', parts: [...text, ...calls] });
    } else {
      contents.push({ role: 'user', parts: toUserParts(call, message.content) });
    }
  });
  return contents;
}

import type { ModelMessage, OpenAiChatMessage, OpenAiToolCall, OpenAiUserPart, ToolCall } from '@orchestrator/contracts';
import { omitUndefined } from '../../omit-undefined.ts';
import { type ParamPath, refusal } from '../errors/openai-error.ts';
import { toImagePart } from '../request/image-part.ts';
import { createMessageList, type MessageList } from '../request/message-list.ts';
import { toText } from '../request/text-content.ts';

type UserContent = Extract<ModelMessage, { role: 'user' }>['content'];

function toUserPart(part: OpenAiUserPart, path: ParamPath) {
  if (part.type === 'text') return { type: 'text' as const, text: part.text ?? '' };
  if (part.type === 'image_url') return toImagePart(part.image_url?.url ?? '', [...path, 'image_url', 'url']);
  throw refusal(
    'unsupported_value',
    [...path, 'type'],
    `A part of type '${part.type}' is not supported; text and image_url are.`,
  );
}

function toUserContent(content: string | readonly OpenAiUserPart[], path: ParamPath): UserContent {
  return typeof content === 'string' ? content : content.map((part, index) => toUserPart(part, [...path, index]));
}

function toToolCall(call: OpenAiToolCall, path: ParamPath): ToolCall {
  if (!call.function) {
    throw refusal(
      'unsupported_value',
      path,
      `Tool calls of type '${call.type ?? 'unknown'}' are not supported; those of functions are.`,
    );
  }
  return { id: call.id, name: call.function.name, arguments: call.function.arguments };
}

type AssistantMessage = Extract<OpenAiChatMessage, { role: 'assistant' }>;

function addAssistant(list: MessageList, message: AssistantMessage, path: ParamPath): void {
  if (message.function_call !== null && message.function_call !== undefined) {
    throw refusal('unsupported_parameter', [...path, 'function_call'], "'function_call' is not supported; use 'tool_calls'.");
  }
  const content = toText(message.content, [...path, 'content']) || message.refusal || undefined;
  const calls = (message.tool_calls ?? []).map((call, index) => toToolCall(call, [...path, 'tool_calls', index]));
  const toolCalls = calls.length === 0 ? undefined : calls;
  // Clients keep the message of a model that said nothing.
  if (content === undefined && toolCalls === undefined) return;
  list.add(omitUndefined({ role: 'assistant' as const, content, toolCalls }), path);
}

/**
 * Translates the messages of a chat completion.
 * @throws OpenAiError for what has no counterpart
 */
export function readChatMessages(messages: readonly OpenAiChatMessage[]): MessageList {
  const list = createMessageList();
  for (const [index, message] of messages.entries()) {
    const path = ['messages', index];
    if (message.role === 'assistant') addAssistant(list, message, path);
    else if (message.role === 'user')
      list.add({ role: 'user', content: toUserContent(message.content, [...path, 'content']) }, path);
    else {
      const content = toText(message.content, [...path, 'content']);
      if (message.role === 'tool') list.add({ role: 'tool', toolCallId: message.tool_call_id, content }, path);
      else if (content !== '') list.add({ role: 'system', content }, path);
    }
  }
  return list;
}

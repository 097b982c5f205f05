import { createHash } from 'node:crypto';
import type { ChatRequest } from '../../protocols/openai-chat/to-request.ts';

/** The only form the vendor takes; it answers 400 to the ids that other vendors give. */
const accepted = /^[A-Za-z0-9]{9}$/;

function toAccepted(id: string): string {
  return accepted.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 9);
}

/** Rewrites the ids of tool calls so that a conversation begun with another vendor can go on here; calls and results keep together. */
export function withAcceptedToolCallIds(request: ChatRequest): ChatRequest {
  const messages = request.messages.map((message) => {
    if (message.role === 'tool') return { ...message, tool_call_id: toAccepted(message.tool_call_id) };
    if (message.role !== 'assistant' || message.tool_calls === undefined) return message;
    return { ...message, tool_calls: message.tool_calls.map((call) => ({ ...call, id: toAccepted(call.id) })) };
  });
  return { ...request, messages };
}

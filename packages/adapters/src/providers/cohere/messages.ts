import type { PreparedCall } from '../../call/prepared-call.ts';

type Message = PreparedCall['messages'][number];
type UserPart = Exclude<Extract<Message, { role: 'user' }>['content'], string>[number];

function toContentPart(part: UserPart) {
  if (part.type === 'text') return { type: 'text', text: part.text };
  return { type: 'image_url', image_url: { url: part.url ?? `data:${part.mediaType};base64,${part.data}` } };
}

function toMessage(message: Message): Readonly<Record<string, unknown>> {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: typeof message.content === 'string' ? message.content : message.content.map(toContentPart),
      };
    case 'assistant': {
      const { content, toolCalls } = message;
      if (toolCalls === undefined) return { role: 'assistant', content };
      // A message with tool calls has no content; what the model said before them is its plan.
      return {
        role: 'assistant',
        ...(content ? { tool_plan: content } : {}),
        tool_calls: toolCalls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: call.arguments },
        })),
      };
    }
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
}

export function toChatMessages(call: Pick<PreparedCall, 'system' | 'messages'>): Readonly<Record<string, unknown>>[] {
  const system = call.system === undefined ? [] : [{ role: 'system', content: call.system }];
  return [...system, ...call.messages.map(toMessage)];
}

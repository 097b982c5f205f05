import type { PreparedCall } from '../../call/prepared-call.ts';

type Message = PreparedCall['messages'][number];
type UserPart = Exclude<Extract<Message, { role: 'user' }>['content'], string>[number];

function toInputPart(part: UserPart) {
  if (part.type === 'text') return { type: 'input_text', text: part.text };
  return { type: 'input_image', image_url: part.url ?? `data:${part.mediaType};base64,${part.data}` };
}

function toItems(message: Message): Readonly<Record<string, unknown>>[] {
  switch (message.role) {
    case 'user': {
      const content = typeof message.content === 'string' ? message.content : message.content.map(toInputPart);
      return [{ type: 'message', role: 'user', content }];
    }
    case 'assistant':
      return [
        ...(message.content ? [{ type: 'message', role: 'assistant', content: message.content }] : []),
        ...(message.toolCalls ?? []).map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: call.arguments,
        })),
      ];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
  }
}

/** The conversation as items of the Responses format; a single plain user message as a string. */
export function toInput(messages: PreparedCall['messages']): string | Readonly<Record<string, unknown>>[] {
  const [only, ...more] = messages;
  if (only?.role === 'user' && typeof only.content === 'string' && more.length === 0) return only.content;
  return messages.flatMap(toItems);
}

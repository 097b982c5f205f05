import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageParam,
  TextBlockParam,
  ToolResultBlockParam,
  ToolUseBlockParam,
} from '@anthropic-ai/sdk/resources/messages';
import type { ImagePart, ToolCall } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';

type Message = PreparedCall['messages'][number];

/** Ids of other vendors' calls may contain what this one rejects; call and result are rewritten alike. */
function toToolId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** The vendor takes objects only, while a model may have written anything: what is no object is kept as a text. */
function toToolInput(text: string): object {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Malformed: kept as a text below.
  }
  return { arguments: text };
}

/** Empty texts are answered with 400. */
function toText(text: string | undefined): TextBlockParam[] {
  return text === undefined || text === '' ? [] : [{ type: 'text', text }];
}

function toImage({ url, data, mediaType }: ImagePart): ImageBlockParam {
  if (data === undefined || mediaType === undefined) return { type: 'image', source: { type: 'url', url: url ?? '' } };
  return { type: 'image', source: { type: 'base64', data, media_type: mediaType } };
}

function toToolUse({ id, name, arguments: text }: ToolCall): ToolUseBlockParam {
  return { type: 'tool_use', id: toToolId(id), name, input: toToolInput(text) };
}

function toToolResult({ toolCallId, content }: Extract<Message, { role: 'tool' }>): ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: toToolId(toolCallId), ...(content === '' ? {} : { content }) };
}

function toBlocks(message: Message): ContentBlockParam[] {
  if (message.role === 'tool') return [toToolResult(message)];
  if (message.role === 'assistant') return [...toText(message.content), ...(message.toolCalls ?? []).map(toToolUse)];
  if (typeof message.content === 'string') return toText(message.content);
  return message.content.flatMap((part): ContentBlockParam[] => (part.type === 'text' ? toText(part.text) : [toImage(part)]));
}

/**
 * The conversation in turns: neighbours of one side become one message, since the results of all calls of a turn must stand
 * together, before any other text, in the very next message.
 */
export function toMessages(messages: PreparedCall['messages']): MessageParam[] {
  const turns: { role: 'user' | 'assistant'; content: ContentBlockParam[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...toBlocks(message));
    else turns.push({ role, content: toBlocks(message) });
  }
  return turns.map(({ role, content }) => {
    const [only] = content;
    return { role, content: content.length === 1 && only?.type === 'text' ? only.text : content };
  });
}

import type { Citation, ToolCall } from '@orchestrator/contracts';
import { UnusableAnswer } from '../../failure/failure.ts';
import type { ChatContent, ChatMessage, ChatToolCall } from './schemas.ts';

function joinTexts(chunks: readonly { readonly text?: string | null | undefined }[]): string {
  return chunks.map((chunk) => chunk.text ?? '').join('');
}

function textOf(content: ChatContent | null | undefined): string {
  if (content === null || content === undefined) return '';
  return typeof content === 'string' ? content : joinTexts(content.filter((chunk) => chunk.thinking == null));
}

function thinkingOf(content: ChatContent | null | undefined): string {
  if (content === null || content === undefined || typeof content === 'string') return '';
  return content
    .map(({ thinking }) => (typeof thinking === 'string' ? thinking : thinking == null ? '' : joinTexts(thinking)))
    .join('');
}

/** The text and the thinking in a message or a delta, wherever its vendor puts them. */
export function readTexts(message: ChatMessage): { readonly text: string; readonly reasoning: string } {
  return {
    text: textOf(message.content),
    // The two names never differ in content where a vendor sends both.
    reasoning: message.reasoning_content || message.reasoning || thinkingOf(message.content),
  };
}

export function readArguments(call: ChatToolCall): string {
  const given = call.function?.arguments;
  return given === null || given === undefined ? '' : typeof given === 'string' ? given : JSON.stringify(given);
}

/** @throws UnusableAnswer for a call of nothing */
export function readToolCalls(message: ChatMessage): ToolCall[] {
  return (message.tool_calls ?? []).map((call, index) => {
    const name = call.function?.name;
    if (!name) throw new UnusableAnswer('It called a tool without naming it.');
    return { id: call.id || `call_${index}`, name, arguments: readArguments(call) || '{}' };
  });
}

export function readAnnotations(message: ChatMessage | null | undefined): Citation[] {
  return (message?.annotations ?? []).flatMap(({ url_citation }) =>
    url_citation?.url ? [{ url: url_citation.url, ...(url_citation.title ? { title: url_citation.title } : {}) }] : [],
  );
}

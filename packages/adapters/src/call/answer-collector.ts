import type { ToolCall } from '@orchestrator/contracts';
import type { StreamPart } from '../contract.ts';
import { UnusableAnswer } from '../failure/failure.ts';
import { createTextCollector } from './text-stream.ts';
import type { VendorAnswer, VendorStreamEvent } from './vendor-answer.ts';

type ContentEvent = Exclude<VendorStreamEvent, { type: 'end' }>;
type ToolCallEvent = Extract<VendorStreamEvent, { type: 'tool-call' }>;

/** No answer within any model's limits is longer; a vendor that sends more is broken or hostile. */
const mostCharacters = 64 * 1024 * 1024;

interface OpenToolCall {
  id: string | undefined;
  name: string | undefined;
  readonly input: ReturnType<typeof createTextCollector>;
}

/** Puts the pieces of a streamed answer together, and turns each into the part that a reader gets. */
export interface AnswerCollector {
  /** What of the piece can be handed on; empty while half a character is held back. */
  push(event: ContentEvent): readonly StreamPart[];
  /** What was held back. */
  flush(): readonly StreamPart[];
  hasContent(): boolean;
  /** @throws UnusableAnswer when a tool call has no name */
  answer(): Pick<VendorAnswer, 'content' | 'reasoning' | 'toolCalls'>;
}

function textPart(type: 'text' | 'reasoning', text: string): readonly StreamPart[] {
  return text === '' ? [] : [{ type, text }];
}

export function createAnswerCollector(): AnswerCollector {
  const text = createTextCollector();
  const reasoning = createTextCollector();
  const toolCalls = new Map<number, OpenToolCall>();
  let characters = 0;
  let hasContent = false;

  function pushToolCall({ index, id, name, argumentsDelta }: ToolCallEvent): readonly StreamPart[] {
    let open = toolCalls.get(index);
    if (open === undefined) {
      open = { id: undefined, name: undefined, input: createTextCollector() };
      toolCalls.set(index, open);
    }
    // Some vendors repeat id and name in every piece.
    const isNewId = open.id === undefined && id !== undefined;
    const isNewName = open.name === undefined && name !== undefined;
    open.id ??= id;
    open.name ??= name;
    const delta = open.input.push(argumentsDelta);
    if (delta === '' && !isNewId && !isNewName) return [];
    return [
      {
        type: 'tool-call',
        index,
        ...(isNewId ? { id } : {}),
        ...(isNewName ? { name } : {}),
        argumentsDelta: delta,
      },
    ];
  }

  return {
    push(event) {
      characters += event.type === 'tool-call' ? event.argumentsDelta.length : event.text.length;
      if (characters > mostCharacters) throw new UnusableAnswer('Its answer is longer than any model can write.');
      if (event.type === 'tool-call' || event.text !== '') hasContent = true;
      if (event.type === 'tool-call') return pushToolCall(event);
      return textPart(event.type, (event.type === 'text' ? text : reasoning).push(event.text));
    },
    flush() {
      const rests = [...toolCalls].flatMap(([index, { input }]): StreamPart[] => {
        const argumentsDelta = input.flush();
        return argumentsDelta === '' ? [] : [{ type: 'tool-call', index, argumentsDelta }];
      });
      return [...textPart('reasoning', reasoning.flush()), ...textPart('text', text.flush()), ...rests];
    },
    hasContent: () => hasContent,
    answer() {
      const calls = [...toolCalls]
        .sort(([a], [b]) => a - b)
        .map(([index, open]): ToolCall => {
          if (!open.name) throw new UnusableAnswer('It called a tool without naming it.');
          return { id: open.id || `call_${index}`, name: open.name, arguments: open.input.text() || '{}' };
        });
      const thinking = reasoning.text();
      return {
        content: text.text(),
        ...(thinking === '' ? {} : { reasoning: thinking }),
        ...(calls.length === 0 ? {} : { toolCalls: calls }),
      };
    },
  };
}

import type { ModelPart } from '@orchestrator/contracts';
import type { Answer, AnswerOptions } from './answer.ts';

type ToolCallPart = Extract<ModelPart, { type: 'tool-call' }>;

/** A tool call as far as it was told. */
interface ToldCall {
  /** Its place among the calls that are told, from 0. */
  readonly index: number;
  id: string | undefined;
  name: string | undefined;
  /** Arguments that were told, or wait for the name. */
  text: string;
  isOpened: boolean;
}

/**
 * What a client was told of an answer so far. Clients want tool calls numbered from 0, the first piece of each with id and
 * name; and when the answer is there, whatever of it was not told piece by piece: all of it where a model can't stream.
 */
export interface ToldAnswer {
  readonly isEmpty: boolean;
  /** What to tell for a piece; nothing while the name of a tool call is not known. */
  read(part: ModelPart): readonly ModelPart[];
  /** What is left to tell of the answer. */
  rest(answer: Answer): readonly ModelPart[];
}

function remainder(whole: string, told: string): string {
  return whole.startsWith(told) ? whole.slice(told.length) : '';
}

export function createToldAnswer({ isParallel }: AnswerOptions): ToldAnswer {
  const told = { text: '', reasoning: '' };
  const calls = new Map<number, ToldCall>();

  function open(call: ToldCall): ModelPart[] {
    if (call.isOpened || call.id === undefined || call.name === undefined) return [];
    call.isOpened = true;
    return [{ type: 'tool-call', index: call.index, id: call.id, name: call.name, argumentsDelta: call.text }];
  }

  function readToolCall(part: ToolCallPart): ModelPart[] {
    let call = calls.get(part.index);
    if (call === undefined) {
      if (!isParallel && calls.size > 0) return [];
      call = { index: calls.size, id: undefined, name: undefined, text: '', isOpened: false };
      calls.set(part.index, call);
    }
    call.id ??= part.id;
    call.name ??= part.name;
    call.text += part.argumentsDelta;
    if (!call.isOpened) return open(call);
    if (part.argumentsDelta === '') return [];
    return [{ type: 'tool-call', index: call.index, argumentsDelta: part.argumentsDelta }];
  }

  function restOfCalls({ toolCalls }: Answer): ModelPart[] {
    const known = [...calls.values()];
    return toolCalls.flatMap(({ id, name, arguments: text }, index): ModelPart[] => {
      const call = known[index];
      if (call === undefined) return [{ type: 'tool-call', index, id, name, argumentsDelta: text }];
      if (!call.isOpened) return [{ type: 'tool-call', index, id: call.id ?? id, name: call.name ?? name, argumentsDelta: text }];
      const argumentsDelta = remainder(text, call.text);
      return argumentsDelta === '' ? [] : [{ type: 'tool-call', index, argumentsDelta }];
    });
  }

  return {
    get isEmpty() {
      return told.text === '' && told.reasoning === '' && ![...calls.values()].some(({ isOpened }) => isOpened);
    },
    read(part) {
      if (part.type === 'tool-call') return readToolCall(part);
      if (part.text === '') return [];
      told[part.type] += part.text;
      return [part];
    },
    rest(answer) {
      const reasoning = remainder(answer.reasoning, told.reasoning);
      const text = remainder(answer.content, told.text);
      return [
        ...(reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...restOfCalls(answer),
      ];
    },
  };
}

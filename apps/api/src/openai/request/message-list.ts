import type { ModelMessage } from '@orchestrator/contracts';
import type { ParamPath } from '../errors/openai-error.ts';

/** Messages of a request, each with where it stands in the body. */
export interface MessageList {
  readonly messages: readonly ModelMessage[];
  readonly paths: readonly ParamPath[];
  add(message: ModelMessage, path: ParamPath): void;
  /** Adds to the message of an assistant if that came last, else a new one. */
  addToolCall(call: NonNullable<Extract<ModelMessage, { role: 'assistant' }>['toolCalls']>[number], path: ParamPath): void;
}

export function createMessageList(): MessageList {
  const messages: ModelMessage[] = [];
  const paths: ParamPath[] = [];
  const list: MessageList = {
    messages,
    paths,
    add(message, path) {
      messages.push(message);
      paths.push(path);
    },
    addToolCall(call, path) {
      const last = messages.at(-1);
      if (last?.role !== 'assistant') return list.add({ role: 'assistant', toolCalls: [call] }, path);
      messages[messages.length - 1] = { ...last, toolCalls: [...(last.toolCalls ?? []), call] };
    },
  };
  return list;
}

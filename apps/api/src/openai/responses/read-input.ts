import type { ModelMessage, OpenAiInputItem, OpenAiInputPart, ToolCall } from '@orchestrator/contracts';
import { OpenAiError, type ParamPath, refusal } from '../errors/openai-error.ts';
import { toImagePart } from '../request/image-part.ts';
import { createMessageList, type MessageList } from '../request/message-list.ts';
import { toText } from '../request/text-content.ts';
import { parseItemId } from './item-ids.ts';

/** What an earlier answer said, for items that refer to it. */
export interface EarlierAnswer {
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
}

/** @returns undefined when there is no such answer */
export type FindAnswer = (runId: string) => EarlierAnswer | undefined;

type UserContent = Extract<ModelMessage, { role: 'user' }>['content'];

function toUserPart(part: OpenAiInputPart, path: ParamPath) {
  if (part.type === 'input_text' || part.type === 'text') return { type: 'text' as const, text: part.text ?? '' };
  if (part.type === 'input_image' && part.image_url) return toImagePart(part.image_url, [...path, 'image_url']);
  const message = `A part of type '${part.type}' is not supported; input_text, and input_image with an image_url, are.`;
  throw refusal('unsupported_value', [...path, 'type'], message);
}

function toUserContent(content: string | readonly OpenAiInputPart[], path: ParamPath): UserContent {
  return typeof content === 'string' ? content : content.map((part, index) => toUserPart(part, [...path, index]));
}

function required<T>(item: OpenAiInputItem, field: keyof OpenAiInputItem & string, path: ParamPath): T {
  const value = item[field];
  if (value !== null && value !== undefined) return value as T;
  throw refusal('missing_required_parameter', [...path, field], `Missing required parameter: '${field}'.`);
}

function addMessage(list: MessageList, item: OpenAiInputItem, path: ParamPath): void {
  const role = required<string>(item, 'role', path);
  const content = required<string | OpenAiInputPart[]>(item, 'content', path);
  if (role === 'user') return list.add({ role, content: toUserContent(content, [...path, 'content']) }, path);
  const text = toText(content, [...path, 'content']);
  if (text === '') return;
  list.add({ role: role === 'assistant' ? role : 'system', content: text }, path);
}

function itemNotFound(id: string, path: ParamPath): OpenAiError {
  const kind = { status: 404, type: 'invalid_request_error', code: 'item_not_found' };
  return new OpenAiError(kind, `There is no item with the id '${id}'.`, { param: `${String(path[0])}[${String(path[1])}].id` });
}

function addReferenced(list: MessageList, id: string, path: ParamPath, findAnswer: FindAnswer): void {
  const reference = parseItemId(id);
  const answer = reference === null ? undefined : findAnswer(reference.runId);
  if (reference === null || answer === undefined) throw itemNotFound(id, path);
  if (reference.kind === 'rs') return;
  if (reference.kind === 'msg') {
    if (answer.content !== '') list.add({ role: 'assistant', content: answer.content }, path);
    return;
  }
  const call = answer.toolCalls[reference.index];
  if (call === undefined) throw itemNotFound(id, path);
  list.addToolCall(call, path);
}

function addItem(list: MessageList, item: OpenAiInputItem, path: ParamPath, findAnswer: FindAnswer): void {
  switch (item.type ?? 'message') {
    case 'message':
      return addMessage(list, item, path);
    case 'function_call': {
      const call = { id: required<string>(item, 'call_id', path), name: required<string>(item, 'name', path) };
      return list.addToolCall({ ...call, arguments: required<string>(item, 'arguments', path) }, path);
    }
    case 'function_call_output': {
      const content = toText(required<string | OpenAiInputPart[]>(item, 'output', path), [...path, 'output']);
      return list.add({ role: 'tool', toolCallId: required<string>(item, 'call_id', path), content }, path);
    }
    // A model's account of its thinking means nothing to another model.
    case 'reasoning':
      return;
    case 'item_reference':
      return addReferenced(list, required<string>(item, 'id', path), path, findAnswer);
    default:
      throw refusal('unsupported_value', [...path, 'type'], `An item of type '${item.type}' is not supported.`);
  }
}

/** The runs that items of an input refer to. */
export function referencedRuns(input: string | readonly OpenAiInputItem[]): string[] {
  if (typeof input === 'string') return [];
  const ids = input.flatMap(({ type, id }) => (type === 'item_reference' && id ? (parseItemId(id)?.runId ?? []) : []));
  return [...new Set(ids)];
}

/**
 * Translates the input of a response.
 * @throws OpenAiError for what has no counterpart, and for references that lead nowhere
 */
export function readInput(
  {
    instructions,
    input,
  }: { readonly instructions?: string | null | undefined; readonly input: string | readonly OpenAiInputItem[] },
  findAnswer: FindAnswer,
): MessageList {
  const list = createMessageList();
  if (instructions) list.add({ role: 'system', content: instructions }, ['instructions']);
  if (typeof input === 'string') list.add({ role: 'user', content: input }, ['input']);
  else for (const [index, item] of input.entries()) addItem(list, item, ['input', index], findAnswer);
  return list;
}

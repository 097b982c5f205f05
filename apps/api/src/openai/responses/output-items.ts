import type { OpenAiOutputItem } from '@orchestrator/contracts';
import type { Answer } from '../answer/answer.ts';
import { itemId } from './item-ids.ts';
import { toOutputText } from './response-object.ts';

/** An event of a response's stream, before it is numbered. */
export interface ItemEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

type Status = 'completed' | 'incomplete';

/** An item of a response while it is streamed. */
export interface OutputItem {
  readonly isEnded: boolean;
  added(): ItemEvent[];
  delta(text: string): ItemEvent[];
  done(status: Status, citations: Answer['citations']): ItemEvent[];
  /** The item as far as it was told. */
  view(): OpenAiOutputItem;
}

interface ItemKind<Item extends OpenAiOutputItem> {
  readonly outputIndex: number;
  readonly id: string;
  /** The item with a text and a status; before it has a text it is empty. */
  toView(text: string | null, status: Item['status'], citations: Answer['citations']): Item;
  /** Events of an item's parts, without the fields that name the item. */
  partAdded(): ItemEvent[];
  partDelta(delta: string): ItemEvent;
  partDone(text: string, citations: Answer['citations']): ItemEvent[];
}

function createItem<Item extends OpenAiOutputItem>(kind: ItemKind<Item>): OutputItem {
  const place = { output_index: kind.outputIndex };
  const inItem = ({ type, ...rest }: ItemEvent): ItemEvent => ({ type, item_id: kind.id, ...place, ...rest });
  let text = '';
  let status: Item['status'] = 'in_progress';
  let citations: Answer['citations'] = [];
  return {
    get isEnded() {
      return status !== 'in_progress';
    },
    added: () => [
      { type: 'response.output_item.added', ...place, item: kind.toView(null, 'in_progress', []) },
      ...kind.partAdded().map(inItem),
    ],
    delta(piece) {
      text += piece;
      return [inItem(kind.partDelta(piece))];
    },
    done(endStatus, sources) {
      status = endStatus;
      citations = sources;
      const item = kind.toView(text, status, citations);
      return [...kind.partDone(text, citations).map(inItem), { type: 'response.output_item.done', ...place, item }];
    },
    view: () => kind.toView(text, status, citations),
  };
}

/** @param index - among the accounts of thinking of the answer */
export function openReasoning(runId: string, outputIndex: number, index: number): OutputItem {
  const id = itemId('rs', runId, index);
  const part = (text: string) => ({ type: 'summary_text' as const, text });
  const prefix = 'response.reasoning_summary';
  return createItem<Extract<OpenAiOutputItem, { type: 'reasoning' }>>({
    outputIndex,
    id,
    toView: (text, status) => ({ id, type: 'reasoning', status, summary: text === null ? [] : [part(text)] }),
    partAdded: () => [{ type: `${prefix}_part.added`, summary_index: 0, part: part('') }],
    partDelta: (delta) => ({ type: `${prefix}_text.delta`, summary_index: 0, delta }),
    partDone: (text) => [
      { type: `${prefix}_text.done`, summary_index: 0, text },
      { type: `${prefix}_part.done`, summary_index: 0, part: part(text) },
    ],
  });
}

export function openMessage(runId: string, outputIndex: number): OutputItem {
  const id = itemId('msg', runId, 0);
  const at = { content_index: 0 };
  return createItem<Extract<OpenAiOutputItem, { type: 'message' }>>({
    outputIndex,
    id,
    toView: (text, status, citations) => ({
      id,
      type: 'message',
      status,
      role: 'assistant',
      content: text === null ? [] : [toOutputText(text, citations)],
    }),
    partAdded: () => [{ type: 'response.content_part.added', ...at, part: toOutputText('', []) }],
    partDelta: (delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] }),
    partDone: (text, citations) => {
      const part = toOutputText(text, citations);
      return [
        ...part.annotations.map((annotation, annotation_index) => ({
          type: 'response.output_text.annotation.added',
          ...at,
          annotation_index,
          annotation,
        })),
        { type: 'response.output_text.done', ...at, text, logprobs: [] },
        { type: 'response.content_part.done', ...at, part },
      ];
    },
  });
}

export function openFunctionCall(
  runId: string,
  outputIndex: number,
  call: { readonly index: number; readonly id: string; readonly name: string },
): OutputItem {
  const id = itemId('fc', runId, call.index);
  return createItem<Extract<OpenAiOutputItem, { type: 'function_call' }>>({
    outputIndex,
    id,
    toView: (text, status) => ({ id, type: 'function_call', status, call_id: call.id, name: call.name, arguments: text ?? '' }),
    partAdded: () => [],
    partDelta: (delta) => ({ type: 'response.function_call_arguments.delta', delta }),
    partDone: (text) => [{ type: 'response.function_call_arguments.done', name: call.name, arguments: text }],
  });
}

import type { ModelPart, OpenAiErrorBody, OpenAiOutputItem, OpenAiResponseRequest } from '@orchestrator/contracts';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import type { Answer } from '../answer/answer.ts';
import { type StreamFormat, typedEvent } from '../answer/stream-format.ts';
import { type ItemEvent, type OutputItem, openFunctionCall, openMessage, openReasoning } from './output-items.ts';
import { endedResponse, incompleteReason, openResponse } from './response-object.ts';

/**
 * The stream of a response. An answer has one message, whose parts may be told between tool calls, so it stays open until the
 * end, as calls do; an account of thinking ends where something else begins.
 */
export function createResponseEvents(runId: string, body: OpenAiResponseRequest): StreamFormat {
  const open = openResponse(runId, body);
  const items: OutputItem[] = [];
  const calls = new Map<number, OutputItem>();
  let message: OutputItem | undefined;
  let thinking: OutputItem | undefined;
  let thoughts = 0;
  let sequenceNumber = 0;

  function write(events: readonly ItemEvent[]): ServerSentEvent[] {
    return events.map(({ type, ...rest }) => typedEvent({ ...rest, type, sequence_number: sequenceNumber++ }));
  }

  function begin(item: OutputItem): ServerSentEvent[] {
    items.push(item);
    return write(item.added());
  }

  function endThinking(): ServerSentEvent[] {
    const ended = thinking === undefined ? [] : write(thinking.done('completed', []));
    thinking = undefined;
    return ended;
  }

  function tellThinking(text: string): ServerSentEvent[] {
    let begun: ServerSentEvent[] = [];
    if (thinking === undefined) {
      thinking = openReasoning(runId, items.length, thoughts++);
      begun = begin(thinking);
    }
    return [...begun, ...write(thinking.delta(text))];
  }

  function tellText(text: string): ServerSentEvent[] {
    let begun: ServerSentEvent[] = [];
    if (message === undefined) {
      message = openMessage(runId, items.length);
      begun = [...endThinking(), ...begin(message)];
    }
    return [...begun, ...write(message.delta(text))];
  }

  function tellToolCall({
    index,
    id = '',
    name = '',
    argumentsDelta,
  }: Extract<ModelPart, { type: 'tool-call' }>): ServerSentEvent[] {
    let begun: ServerSentEvent[] = [];
    let call = calls.get(index);
    if (call === undefined) {
      call = openFunctionCall(runId, items.length, { index, id, name });
      calls.set(index, call);
      begun = [...endThinking(), ...begin(call)];
    }
    return argumentsDelta === '' ? begun : [...begun, ...write(call.delta(argumentsDelta))];
  }

  function part(piece: ModelPart): ServerSentEvent[] {
    if (piece.type === 'tool-call') return tellToolCall(piece);
    return piece.type === 'text' ? tellText(piece.text) : tellThinking(piece.text);
  }

  function end(answer: Answer): ServerSentEvent[] {
    // A model that said nothing has answered with an empty message.
    const begun = message === undefined && calls.size === 0 ? tellText('') : endThinking();
    const status = incompleteReason(answer.finishReason) === null ? 'completed' : 'incomplete';
    const ended = items.filter(({ isEnded }) => !isEnded).flatMap((item) => item.done(status, answer.citations));
    const response = endedResponse(
      open,
      answer,
      items.map((item): OpenAiOutputItem => item.view()),
    );
    return [...begun, ...write([...ended, { type: `response.${response.status}`, response }])];
  }

  /** Some clients know only one of the two, and would take what they have for the whole answer without it. */
  function failure({ error }: OpenAiErrorBody): ServerSentEvent[] {
    const { message, param } = error;
    const code = error.code ?? error.type;
    const output = items.map((item) => item.view());
    const response = { ...open, status: 'failed' as const, error: { code, message }, output };
    return write([
      { type: 'error', code, message, param },
      { type: 'response.failed', response },
    ]);
  }

  return {
    start: () =>
      write([
        { type: 'response.created', response: open },
        { type: 'response.in_progress', response: open },
      ]),
    part,
    end,
    failure,
  };
}

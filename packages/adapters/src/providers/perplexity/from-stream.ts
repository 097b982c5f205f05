import type { VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer } from '../../failure/failure.ts';
import { statedFailure } from '../../protocols/endpoint-client.ts';
import { sourcesOf, toCitations } from './citations.ts';
import { readAgentResponse } from './from-response.ts';
import { agentEventSchema, type Source } from './schemas.ts';
import { createToolCallReader } from './tool-calls.ts';

const terminalTypes: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);
const reasoningDelta = /^response\.reasoning(?:_summary)?_text\.delta$/;

/** What a stream has shown so far. */
function createStreamState() {
  return { hasText: false, hasReasoning: false, sources: [] as Source[], toolCalls: createToolCallReader() };
}
type StreamState = ReturnType<typeof createStreamState>;
type StreamEnd = Extract<VendorStreamEvent, { type: 'end' }>;
type AgentEvent = ReturnType<typeof readEvent>;

function readEvent(event: unknown) {
  const parsed = agentEventSchema.safeParse(event);
  if (!parsed.success) throw new UnusableAnswer('It streamed something that is not a response event.');
  return parsed.data;
}

/** Events of types that aren't used, or not known yet, yield nothing. */
function* readPieces(event: AgentEvent, state: StreamState): Generator<VendorStreamEvent> {
  const { type, delta, item, output_index: outputIndex } = event;
  if (type === 'error') {
    const message = event.message ?? 'The stream reported an error.';
    throw statedFailure({ message, code: event.code, type: undefined });
  }
  if (type === 'response.output_text.delta' && delta) {
    state.hasText = true;
    yield { type: 'text', text: delta };
  } else if (reasoningDelta.test(type) && delta) {
    state.hasReasoning = true;
    yield { type: 'reasoning', text: delta };
  } else if (type.startsWith('response.reasoning.')) {
    // The steps of a search: its queries, its results, and a thought about each.
    state.sources.push(...(event.results ?? []), ...(event.contents ?? []));
    if (event.thought) {
      state.hasReasoning = true;
      yield { type: 'reasoning', text: `${event.thought}\n` };
    }
  } else if (type === 'response.output_text.annotation.added' && event.annotation) {
    state.sources.push(event.annotation);
  } else if (type === 'response.function_call_arguments.delta' && delta) {
    yield* state.toolCalls.addArguments(outputIndex ?? 0, delta);
  } else if ((type === 'response.output_item.added' || type === 'response.output_item.done') && item) {
    state.sources.push(...sourcesOf(item));
    if (item.type === 'function_call') yield* state.toolCalls.addItem(outputIndex ?? 0, item, type.endsWith('.done'));
  }
}

/** The terminal event repeats the whole answer: of its pieces only those count that were not streamed. */
function* readEnd(response: unknown, state: StreamState): Generator<VendorStreamEvent, StreamEnd> {
  const { answer, output } = readAgentResponse(response);
  const { content, reasoning, toolCalls: _toolCalls, ...rest } = answer;
  if (output.length === 0 && !state.hasText && !state.toolCalls.hasAny()) {
    throw new TruncatedAnswer('The response has no output.');
  }
  if (!state.hasReasoning && reasoning) yield { type: 'reasoning', text: reasoning };
  if (!state.hasText && content !== '') yield { type: 'text', text: content };
  yield* state.toolCalls.addMissing(output);
  const citations = toCitations([...state.sources, ...output.flatMap(sourcesOf)]);
  return { type: 'end', answer: { ...rest, ...(citations.length === 0 ? {} : { citations }) } };
}

/**
 * Reads the events of one streamed response. Only a terminal event makes the answer complete; what happens to the connection
 * after it changes nothing.
 * @throws TruncatedAnswer when the events stop before a terminal one, or it ends a response without any output
 */
export async function* fromAgentStream(events: AsyncIterable<unknown>): AsyncGenerator<VendorStreamEvent> {
  const state = createStreamState();
  let end: StreamEnd | undefined;
  try {
    for await (const event of events) {
      if (end !== undefined) continue;
      const data = readEvent(event);
      if (terminalTypes.has(data.type)) end = yield* readEnd(data.response, state);
      else yield* readPieces(data, state);
    }
  } catch (error) {
    if (end === undefined) throw error;
  }
  if (end === undefined) throw new TruncatedAnswer('The stream ended without a terminal event.');
  yield end;
}

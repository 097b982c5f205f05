import type { Citation, FinishReason } from '@orchestrator/contracts';
import type { VendorAnswer, VendorStreamEvent } from '../../call/vendor-answer.ts';
import { TruncatedAnswer, UnusableAnswer, VendorErrorAnswer } from '../../failure/failure.ts';
import type { ChatDialect } from './dialect.ts';
import { readBill, throwErrorAnswer } from './from-response.ts';
import { readAnnotations, readArguments, readTexts } from './message.ts';
import { type ChatChunk, type ChatMessage, type ChatToolCall, chatChunkSchema, chatUsageSchema } from './schemas.ts';
import { isFailure, readFinishReason } from './usage.ts';

type ToolCallEvent = Extract<VendorStreamEvent, { type: 'tool-call' }>;

interface OpenCall {
  readonly index: number;
  readonly givenIndex: number | undefined;
  readonly id: string | undefined;
}

/**
 * Whether a piece goes on with the last call of its index. Some servers give all calls the same index, or none; others make up
 * a new id for every piece, so only a name beside it tells a new call.
 */
function isContinued(open: OpenCall, { index, id, function: called }: ChatToolCall, last: OpenCall | undefined): boolean {
  const isNamed = Boolean(called?.name);
  if (index !== null && index !== undefined)
    return open.givenIndex === index && !(isNamed && id && open.id !== undefined && open.id !== id);
  if (id) return open.id === id;
  return open === last && !(isNamed && open.id === undefined);
}

/** Numbers tool calls, also for vendors that don't, or number them all alike. */
function createToolCallReader(): (call: ChatToolCall) => ToolCallEvent {
  const calls: OpenCall[] = [];
  const indexOf = (call: ChatToolCall): number => {
    const last = calls.at(-1);
    const open = calls.findLast((earlier) => isContinued(earlier, call, last));
    if (open !== undefined) return open.index;
    const taken = new Set(calls.map(({ index }) => index));
    let index = call.index ?? calls.length;
    while (taken.has(index)) index++;
    calls.push({ index, givenIndex: call.index ?? undefined, id: call.id || undefined });
    return index;
  };
  return (call) => ({
    type: 'tool-call',
    index: indexOf(call),
    ...(call.id ? { id: call.id } : {}),
    ...(call.function?.name ? { name: call.function.name } : {}),
    argumentsDelta: readArguments(call),
  });
}

function parseChunk(chunk: unknown): ChatChunk {
  const parsed = chatChunkSchema.safeParse(chunk);
  if (parsed.success) return parsed.data;
  throwErrorAnswer(chunk, true);
  throw new UnusableAnswer('It streamed something that is not a chat completion chunk.');
}

/** What of the answer is known before its last chunk; later figures replace earlier ones. */
interface Progress {
  model: string | null;
  bill: Pick<VendorAnswer, 'usage' | 'reportedCostNanoUsd'>;
  citations: Citation[];
  finishReason: FinishReason | null;
  isRefused: boolean;
}

function readChunk(progress: Progress, chunk: ChatChunk, dialect: ChatDialect): void {
  const stoppedBy = dialect.readStreamError?.(chunk);
  if (stoppedBy) throw new VendorErrorAnswer({ status: undefined, message: stoppedBy, mayBeBilled: true });
  progress.model = chunk.model ?? progress.model;
  const elsewhere = dialect.readStreamUsage?.(chunk);
  const usage = chunk.usage ?? (elsewhere ? chatUsageSchema.safeParse(elsewhere).data : undefined);
  const choice = chunk.choices?.[0];
  if (usage) progress.bill = readBill(usage, chunk, dialect);
  // Servers that count as they go: more of the answer came after the last count.
  else if (choice?.delta && hasContent(choice.delta)) progress.bill = { usage: null };
  progress.citations.push(...(dialect.readCitations?.(chunk) ?? []), ...readAnnotations(choice?.delta));
  if (choice?.delta?.refusal) progress.isRefused = true;
  if (isFailure(choice?.finish_reason)) {
    throwErrorAnswer(choice, true);
    throw new UnusableAnswer('It ended its answer with an error.');
  }
  if (choice?.finish_reason) progress.finishReason = readFinishReason(choice.finish_reason);
}

function hasContent(delta: ChatMessage): boolean {
  const { text, reasoning } = readTexts(delta);
  return text !== '' || reasoning !== '' || Boolean(delta.tool_calls?.length);
}

function* readDelta(delta: ChatMessage, readToolCall: (call: ChatToolCall) => ToolCallEvent): Generator<VendorStreamEvent> {
  const { text, reasoning } = readTexts(delta);
  if (reasoning !== '') yield { type: 'reasoning', text: reasoning };
  if (text !== '') yield { type: 'text', text };
  for (const call of delta.tool_calls ?? []) yield readToolCall(call);
}

/**
 * Reads the chunks of one streamed completion. The finish reason comes with the last text chunk, the usage after it in a
 * chunk without choices. The SDK ends quietly when the stream is aborted or its end marker is missing, so only a finish reason makes
 * an answer complete; usage lost after it is settled at the worst case.
 * @throws TruncatedAnswer when the chunks stop before a finish reason
 * @throws VendorErrorAnswer for an error among the chunks (the SDK throws its own for most of them)
 */
export async function* fromChatStream(chunks: AsyncIterable<unknown>, dialect: ChatDialect): AsyncGenerator<VendorStreamEvent> {
  const progress: Progress = { model: null, bill: { usage: null }, citations: [], finishReason: null, isRefused: false };
  const readToolCall = createToolCallReader();
  for await (const raw of chunks) {
    const chunk = parseChunk(raw);
    readChunk(progress, chunk, dialect);
    const delta = chunk.choices?.[0]?.delta;
    if (delta) yield* readDelta(delta, readToolCall);
  }
  const { model, bill, citations, finishReason, isRefused } = progress;
  if (finishReason === null) throw new TruncatedAnswer('The stream ended without a finish reason.');
  yield {
    type: 'end',
    answer: {
      finishReason: isRefused ? 'content-filter' : finishReason,
      model,
      ...(citations.length === 0 ? {} : { citations }),
      ...bill,
    },
  };
}

import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer, VendorErrorAnswer } from '../../failure/failure.ts';
import type { ChatDialect } from './dialect.ts';
import { readAnnotations, readTexts, readToolCalls } from './message.ts';
import { type ChatChunk, type ChatCompletion, chatCompletionSchema, chatErrorSchema } from './schemas.ts';
import { isFailure, readFinishReason, readUsage } from './usage.ts';

/** Gateways put the HTTP status of the failure behind them into the code. */
function toStatus(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

/**
 * @param mayBeBilled - whether an answer had begun before the error
 * @throws VendorErrorAnswer when the body is an error that came with status 200
 */
export function throwErrorAnswer(body: unknown, mayBeBilled = false): void {
  const parsed = chatErrorSchema.safeParse(body);
  if (!parsed.success) return;
  const { error } = parsed.data;
  if (typeof error === 'string') throw new VendorErrorAnswer({ status: undefined, message: error, mayBeBilled });
  const { message, type, code } = error;
  throw new VendorErrorAnswer({
    status: toStatus(code),
    code: typeof code === 'string' ? code : undefined,
    type: type ?? undefined,
    message: message || 'It answered with an error that it did not explain.',
    mayBeBilled,
  });
}

/**
 * Usage and what depends on it, of a whole answer or of the chunk that brings it. Without a bill, half a count is none: it
 * would book half a price.
 */
export function readBill(
  usage: ChatCompletion['usage'],
  answer: ChatCompletion | ChatChunk,
  dialect: ChatDialect,
): Pick<VendorAnswer, 'usage' | 'reportedCostNanoUsd'> {
  if (!usage) return { usage: null };
  const reportedCostNanoUsd = dialect.readReportedCost?.(usage);
  if (reportedCostNanoUsd === undefined && typeof usage.completion_tokens !== 'number') return { usage: null };
  return {
    usage: dialect.readUsage?.(usage, answer) ?? readUsage(usage),
    ...(reportedCostNanoUsd === undefined ? {} : { reportedCostNanoUsd }),
  };
}

/**
 * @throws UnusableAnswer when the body is no chat completion, or an empty one
 * @throws VendorErrorAnswer when it is an error
 */
export function fromChatResponse(body: unknown, dialect: ChatDialect): VendorAnswer {
  const parsed = chatCompletionSchema.safeParse(body);
  if (!parsed.success || parsed.data.choices.length === 0) throwErrorAnswer(body);
  if (!parsed.success) throw new UnusableAnswer('It answered with something that is not a chat completion.');
  const { model, choices, usage } = parsed.data;
  const choice = choices[0];
  if (choice === undefined) throw new UnusableAnswer('It answered without any choice.');
  const { message, finish_reason } = choice;
  const { text, reasoning } = readTexts(message);
  const toolCalls = readToolCalls(message);
  const isRefused = Boolean(message.refusal);
  if (isFailure(finish_reason)) {
    throwErrorAnswer(choice, true);
    throw new UnusableAnswer('It ended its answer with an error.');
  }
  if (!finish_reason && !isRefused && text === '' && toolCalls.length === 0)
    throw new UnusableAnswer('It answered without any content.');
  const citations = [...(dialect.readCitations?.(parsed.data) ?? []), ...readAnnotations(message)];
  return {
    content: text,
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(citations.length === 0 ? {} : { citations }),
    finishReason: isRefused ? 'content-filter' : readFinishReason(finish_reason),
    model: model ?? null,
    ...readBill(usage, parsed.data, dialect),
  };
}

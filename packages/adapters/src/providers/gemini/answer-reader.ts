import type { Citation } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { VendorAnswer, VendorStreamEvent } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { readCitations } from './citations.ts';
import { type ContentUsage, contentSchema, type partSchema } from './schemas.ts';
import { readContentUsage, readFinishReason } from './usage.ts';
import { statedFailure } from './vendor-error.ts';

type Part = ReturnType<(typeof partSchema)['parse']>;
export type Piece = Exclude<VendorStreamEvent, { type: 'end' }>;
type AnswerEnd = Extract<VendorStreamEvent, { type: 'end' }>['answer'];

/** Finish reasons of answers whose tool call is lost: the model wrote something that is no call. */
const brokenCall = /^(?:MALFORMED_FUNCTION_CALL|UNEXPECTED_TOOL_CALL|TOO_MANY_TOOL_CALLS)$/;

/**
 * Reads an answer chunk by chunk; a complete answer is a single chunk. Usage is cumulative and each chunk states only what
 * it knows. A prompt that was blocked has a reason and no candidates.
 */
export function createAnswerReader(call: Pick<PreparedCall, 'messages'>): {
  /** @throws UnusableAnswer, or the vendor's failure stated in the chunk */
  read(chunk: unknown): Piece[];
  /** `null` when nothing said that the answer is complete. @throws UnusableAnswer for a broken tool call */
  end(): AnswerEnd | null;
} {
  // Ids made here must differ from those of the turns before.
  const earlierCalls = call.messages.reduce(
    (sum, message) => sum + (message.role === 'assistant' ? (message.toolCalls?.length ?? 0) : 0),
    0,
  );
  let toolCalls = 0;
  let model: string | null = null;
  let usage: ContentUsage | null = null;
  let finishReason: string | null = null;
  let isBlocked = false;
  let citations: Citation[] = [];

  function readPart({ text, thought, functionCall }: Part): Piece[] {
    if (functionCall) {
      if (!functionCall.name) throw new UnusableAnswer('It answered with a tool call without a name.');
      const index = toolCalls++;
      const id = functionCall.id || `call_${earlierCalls + index + 1}`;
      return [{ type: 'tool-call', index, id, name: functionCall.name, argumentsDelta: JSON.stringify(functionCall.args ?? {}) }];
    }
    return text ? [{ type: thought === true ? 'reasoning' : 'text', text }] : [];
  }

  return {
    read(chunk) {
      const parsed = contentSchema.safeParse(chunk);
      if (!parsed.success) throw new UnusableAnswer('It answered with something that is not content.');
      const { candidates, promptFeedback, usageMetadata, modelVersion, error } = parsed.data;
      if (error) throw statedFailure(error);
      const candidate = candidates?.[0];
      model = modelVersion ?? model;
      if (usageMetadata) {
        const known = Object.entries(usageMetadata).filter(([, value]) => value !== null && value !== undefined);
        usage = { ...usage, ...Object.fromEntries(known) };
      }
      if (promptFeedback?.blockReason && candidate === undefined) isBlocked = true;
      if (candidate === undefined) return [];
      finishReason = candidate.finishReason ?? finishReason;
      const found = readCitations(candidate);
      if (found.length > 0) citations = found;
      const pieces = (candidate.content?.parts ?? []).flatMap(readPart);
      // More of the answer came after the last count.
      if (pieces.length > 0 && !usageMetadata) usage = null;
      return pieces;
    },
    end() {
      if (finishReason === null && !isBlocked) return null;
      if (finishReason !== null && brokenCall.test(finishReason)) {
        throw new UnusableAnswer('The model wrote a tool call that is none.');
      }
      return {
        finishReason: finishReason === null ? 'content-filter' : readFinishReason(finishReason, toolCalls > 0),
        model,
        usage: readContentUsage(usage),
        ...(citations.length === 0 ? {} : { citations }),
      } satisfies Omit<VendorAnswer, 'content' | 'reasoning' | 'toolCalls'>;
    },
  };
}

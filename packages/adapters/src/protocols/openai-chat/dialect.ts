import type { Citation, NanoUsd, TokenUsage } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { ChatChunk, ChatCompletion, ChatUsage } from './schemas.ts';
import type { ChatRequest } from './to-request.ts';

/** What differs between vendors that speak OpenAI's chat completions. */
export interface ChatDialect {
  /** Name of the output limit. */
  readonly maxTokensParameter: 'max_completion_tokens' | 'max_tokens';
  /** Whether `stream_options.include_usage` is sent; without it the vendor reports usage in another way. */
  readonly sendsStreamOptions: boolean;
  /** Name of the seed. @defaultValue `seed` */
  readonly seedParameter?: 'seed' | 'random_seed';
  /** The vendor's word for "call at least one tool". @defaultValue `required` */
  readonly toolChoiceRequired?: 'required' | 'any';
  /** Sent with every request. */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** The last hand on the body, for parameters of the vendor's own. It may return a copy or change what it was given. */
  readonly adjustRequest?: (request: ChatRequest, call: PreparedCall) => ChatRequest;
  /** Replaces `readUsage` where the counts mean something else. */
  readonly readUsage?: (usage: ChatUsage, answer: ChatCompletion | ChatChunk) => TokenUsage;
  /** Usage of a stream where it isn't in the chunk's `usage`; in the form of `usage`, `undefined` for chunks without any. */
  readonly readStreamUsage?: (chunk: ChatChunk) => unknown;
  /** Why a stream stops early, where the vendor says it in a chunk that looks like any other. */
  readonly readStreamError?: (chunk: ChatChunk) => string | undefined;
  /** The bill as the vendor states it in its usage; `undefined` when it doesn't. */
  readonly readReportedCost?: (usage: ChatUsage) => NanoUsd | undefined;
  /** Sources named outside the message's `annotations`, which are read for every vendor. For streams called with every chunk. */
  readonly readCitations?: (answer: ChatCompletion | ChatChunk) => readonly Citation[] | undefined;
}

import { type ModelMessage, type ModelRequest, type NanoUsd, nanoUsdFromUsd } from '@orchestrator/contracts';
import type { PriceList } from './model-row.ts';
import { costOfUsage, feeOf } from './price.ts';

/** What of a request becomes input tokens. */
export type RequestInput = Pick<ModelRequest, 'prompt' | 'systemPrompt' | 'messages' | 'tools' | 'responseFormat'>;

/** A request's input in the three measures that are of use before a call. */
export interface InputSize {
  /** Never below what a vendor will count; see `estimateInputTokens`. */
  readonly boundTokens: number;
  /** About what a vendor will count, right within a third for prose and code. */
  readonly expectedTokens: number;
  /** What no tokenizer gets below for text that people write: what doesn't fit by this figure fits nowhere. */
  readonly leastTokens: number;
}

/** Chat formats add 3–7 tokens a message and a few per request (role markers, priming); this is well above all of them. */
const tokensPerMessage = 16;
const tokensPerRequest = 16;
const expectedTokensPerMessage = 4;
/**
 * The most any of the vendors counts for one image: gpt-4o-mini takes 2,833 + 5,667 for each of up to 8 tiles at high detail,
 * 48,169 in all (https://platform.openai.com/docs/guides/images-vision, 2026-11-23); the others stay below 25,000.
 */
const tokensPerImage = 50_000;
/** An image of a megapixel at most vendors: 700 to 1,600 tokens. */
const expectedTokensPerImage = 1_200;
/** Vendors tell the model about tools in a hidden prompt of up to 530 tokens; schemas for the answer are told in the same way. */
const tokensOfPreamble = 600;
/** Vendors render schemas anew before the model reads them, some as indented text. */
const schemaMargin = 2;

const bytesPerExpectedToken = 4;
/** Prose takes 4 to 6 bytes a token; only long runs of one character take more than 8. */
const bytesPerTokenAtMost = 8;
/** Half of all chat answers are shorter; it is only meant to order candidates, and they all get the same figure. */
const expectedOutputTokens = 500;

interface Tally {
  /** UTF-8 bytes as they are sent. */
  bytes: number;
  /** Upper bound of the tokens of all texts. */
  text: number;
  schemas: number;
  messages: number;
  images: number;
  hasPreamble: boolean;
}

/**
 * An upper bound of a text's tokens: its bytes in UTF-8. Byte-level and byte-fallback tokenizers (all vendors') spend at
 * least one byte on each token, so no text can have more tokens than bytes; a usual estimate (bytes ÷ 4) is off by up to
 * four times for code, digits or scripts that are rare in the training data. Tokenizers that normalise (NFKC) may
 * see a longer text than was sent, so the longer form counts.
 */
function add(tally: Tally, kind: 'text' | 'schemas', text: string): void {
  const bytes = Buffer.byteLength(text);
  // ASCII is its own normal form, and normalising takes 20 times as long as counting.
  const normalised = bytes === text.length ? text : text.normalize('NFKC');
  tally.bytes += bytes;
  tally[kind] += normalised === text ? bytes : Math.max(bytes, Buffer.byteLength(normalised));
}

function addMessage(tally: Tally, message: ModelMessage): void {
  tally.messages++;
  if (message.role === 'assistant') {
    add(tally, 'text', message.content ?? '');
    for (const { id, name, arguments: input } of message.toolCalls ?? []) {
      tally.messages++;
      for (const text of [id, name, input]) add(tally, 'text', text);
    }
    return;
  }
  if (message.role === 'tool') add(tally, 'text', message.toolCallId);
  if (typeof message.content === 'string') return add(tally, 'text', message.content);
  for (const part of message.content) {
    if (part.type === 'text') add(tally, 'text', part.text);
    else tally.images++;
  }
}

function addSchemas(tally: Tally, { tools, responseFormat }: RequestInput): void {
  if (tools !== undefined) {
    tally.hasPreamble = true;
    tally.messages += tools.length;
    add(tally, 'schemas', JSON.stringify(tools));
  }
  if (responseFormat === undefined || responseFormat.type === 'text') return;
  tally.hasPreamble = true;
  add(tally, 'schemas', JSON.stringify(responseFormat));
}

function measure(request: RequestInput): InputSize {
  const tally: Tally = { bytes: 0, text: 0, schemas: 0, messages: 0, images: 0, hasPreamble: false };
  for (const text of [request.systemPrompt, request.prompt]) {
    if (text === undefined) continue;
    tally.messages++;
    add(tally, 'text', text);
  }
  for (const message of request.messages ?? []) addMessage(tally, message);
  addSchemas(tally, request);
  const overhead = tokensPerRequest + tokensPerMessage * tally.messages + (tally.hasPreamble ? tokensOfPreamble : 0);
  const formatting = expectedTokensPerMessage * (tally.messages + 1);
  return {
    boundTokens: overhead + tally.text + schemaMargin * tally.schemas + tokensPerImage * tally.images,
    expectedTokens: formatting + Math.ceil(tally.bytes / bytesPerExpectedToken) + expectedTokensPerImage * tally.images,
    leastTokens: Math.floor(tally.bytes / bytesPerTokenAtMost),
  };
}

/** Requests are never changed once made, and a router measures the same one for each of its candidates. */
const measured = new WeakMap<RequestInput, InputSize>();

/** Sizes of a request's input. Reads all of its text once, however often it is asked about the same request. */
export function sizeOfInput(request: RequestInput): InputSize {
  const known = measured.get(request);
  if (known !== undefined) return known;
  const size = measure(request);
  measured.set(request, size);
  return size;
}

/**
 * Upper bound of the input tokens a vendor will count for this request: its UTF-8 bytes, 50,000 for each image, twice the bytes
 * of schemas, and overhead. Never below the real figure; about four times as much for English prose.
 */
export function estimateInputTokens(request: RequestInput): number {
  return sizeOfInput(request).boundTokens;
}

/**
 * What a request will probably cost, for choosing between models: input at four bytes a token and 1,200 tokens an image, none of
 * it cached; an answer of 500 tokens, or `maxTokens` if that is less; the fee per request, if there is one.
 */
export function expectedCostOf(list: PriceList, request: RequestInput, maxTokens: number): NanoUsd {
  const usage = {
    inputTokens: sizeOfInput(request).expectedTokens,
    outputTokens: Math.min(maxTokens, expectedOutputTokens),
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    reasoningTokens: 0,
  };
  const { expectedFeePerRequestUSD } = list;
  const fee = expectedFeePerRequestUSD === undefined ? feeOf(list) : nanoUsdFromUsd(expectedFeePerRequestUSD);
  return costOfUsage(list, usage) + fee;
}

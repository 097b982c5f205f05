import { z } from 'zod';

/** A moment of an answer. In JSON answers, which have no tokens, the first and the last three lie within the body. */
const momentSchema = z.enum(['before-headers', 'before-tokens', 'in-body', 'after-tokens', 'after-body']);
export type Moment = z.infer<typeof momentSchema>;

/** What goes wrong with a call. Faults that come after the headers apply to JSON and SSE answers alike. */
export const faultSchema = z.discriminatedUnion('type', [
  /** An error status; the call is not charged. `body` as text is sent as it is. */
  z.strictObject({
    type: z.literal('status'),
    status: z.int().min(300).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  }),
  /** All of the body with the wrong quotes. */
  z.strictObject({ type: z.literal('malformed-json') }),
  /** SSE only: `half-event` breaks off inside an event's JSON, `no-fields` sends lines that are no fields of SSE. */
  z.strictObject({ type: z.literal('malformed-sse'), how: z.enum(['half-event', 'no-fields']) }),
  /** 200 with a body that is JSON, but another shape. */
  z.strictObject({ type: z.literal('wrong-shape') }),
  z.strictObject({ type: z.literal('wrong-content-type') }),
  /** 200 with a web page, as captive portals and proxies answer. */
  z.strictObject({ type: z.literal('html') }),
  /** A body that goes on and on up to this size, or until the client leaves. */
  z.strictObject({ type: z.literal('huge-body'), megabytes: z.int().min(1).max(4096) }),
  /** The socket is destroyed. `after-body` comes after a complete answer. */
  z.strictObject({ type: z.literal('cut'), at: momentSchema }),
  /** Nothing more is ever sent; the call ends when the client leaves. */
  z.strictObject({ type: z.literal('hang'), at: momentSchema.exclude(['after-body']) }),
  z.strictObject({
    type: z.literal('slow-drip'),
    chunkBytes: z.int().min(1).default(16),
    intervalMs: z.int().min(0).default(20),
  }),
  z.strictObject({ type: z.literal('empty-choices') }),
  z.strictObject({ type: z.literal('usage'), usage: z.enum(['missing', 'zero']) }),
  /** A complete answer that ended at the output limit, or that was refused. */
  z.strictObject({ type: z.literal('finish'), reason: z.enum(['limit', 'refused']) }),
  /** SSE only: an error event in a 200 stream, in the vendor's own form. */
  z.strictObject({
    type: z.literal('error-in-stream'),
    error: z.looseObject({ type: z.string(), message: z.string() }),
    at: z.enum(['before-tokens', 'in-body']).default('in-body'),
  }),
  /** SSE only: the stream ends cleanly, without finish reason and end marker. */
  z.strictObject({ type: z.literal('no-finish') }),
]);
export type Fault = z.infer<typeof faultSchema>;

export const ruleSchema = z.strictObject({
  /** Applies to calls whose prompt contains this; omitted: to all. */
  promptIncludes: z.string().optional(),
  /** Doesn't apply to calls whose prompt contains this. */
  promptExcludes: z.string().optional(),
  model: z.string().optional(),
  provider: z.string().optional(),
  /** How many matching calls pass untouched before the rule applies. */
  skip: z.int().min(0).default(0),
  /** To how many calls the rule applies; omitted: to all. */
  times: z.int().min(1).optional(),
  latencyMs: z.int().min(0).optional(),
  fault: faultSchema.optional(),
  /** Replaces the answer's text. */
  content: z.string().optional(),
  /** The model's account of its thinking; its tokens are output. */
  reasoning: z.string().optional(),
  /** The model answers with these, JSON text as arguments, instead of a text. */
  toolCalls: z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  citations: z.array(z.strictObject({ url: z.string(), title: z.string() })).optional(),
  /** Replaces the model id in the answer. */
  answerModel: z.string().optional(),
  /** Input tokens that the answer reports as read from the cache. */
  cachedTokens: z.int().min(0).optional(),
  /** Input tokens that the answer reports as written to the cache, where the vendor has such a count. */
  cacheWriteTokens: z.int().min(0).optional(),
  /** What the call is billed, in nano-dollars, at vendors that state their bill. Omitted: list price. */
  billNanoUsd: z.int().min(0).optional(),
});
export type Rule = z.infer<typeof ruleSchema>;

export const scriptSchema = z.strictObject({
  /** Time from the request to the first byte of the answer. */
  latencyMs: z.int().min(0).default(0),
  /** Random share of `latencyMs` added on top, 0 to 1. */
  latencyJitter: z.number().min(0).max(1).default(0),
  /**
   * `counted`: a token per four characters, as usual answers have. `worst-case`: exactly the router's bound of input tokens, in the
   * dearest class of input, all of the request's output limit and the highest fee, so that a booked worst case equals the charge.
   */
  usage: z.enum(['counted', 'worst-case']).default('counted'),
  /** Keeps request bodies in the ledger. */
  recordRequests: z.boolean().default(false),
  /** The first rule that matches and is not used up applies. */
  rules: z.array(ruleSchema).default([]),
});
export type Script = z.infer<typeof scriptSchema>;
export type ScriptInput = z.input<typeof scriptSchema>;

interface RuledCall {
  readonly prompt: string;
  readonly model: string;
  readonly provider: string | null;
}

/** Picks the rule of each call, counting down `skip` and `times`. */
export function createRulePicker(rules: readonly Rule[]): (call: RuledCall) => Rule | undefined {
  const seen = rules.map(() => 0);
  return (call) => {
    for (const [index, rule] of rules.entries()) {
      if (rule.promptIncludes !== undefined && !call.prompt.includes(rule.promptIncludes)) continue;
      if (rule.promptExcludes !== undefined && call.prompt.includes(rule.promptExcludes)) continue;
      if (rule.model !== undefined && rule.model !== call.model) continue;
      if (rule.provider !== undefined && rule.provider !== call.provider) continue;
      const turn = (seen[index] ?? 0) + 1;
      seen[index] = turn;
      if (turn <= rule.skip) continue;
      if (rule.times !== undefined && turn > rule.skip + rule.times) continue;
      return rule;
    }
    return undefined;
  };
}

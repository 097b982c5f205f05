import { z } from 'zod';

/** What goes wrong with a call. Faults that come after the headers apply to JSON and SSE answers alike. */
export const faultSchema = z.discriminatedUnion('type', [
  /** An error status; the call is not charged. `body` as text is sent as it is. */
  z.strictObject({
    type: z.literal('status'),
    status: z.int().min(300).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  }),
  z.strictObject({ type: z.literal('malformed-json') }),
  /** 200 with a body that is JSON, but another shape. */
  z.strictObject({ type: z.literal('wrong-shape') }),
  z.strictObject({ type: z.literal('wrong-content-type') }),
  /** The socket is destroyed. `after-body` comes after a complete answer. */
  z.strictObject({ type: z.literal('cut'), at: z.enum(['before-headers', 'in-body', 'after-body']) }),
  /** Nothing more is ever sent; the call ends when the client leaves. */
  z.strictObject({ type: z.literal('hang'), at: z.enum(['before-headers', 'in-body']) }),
  z.strictObject({
    type: z.literal('slow-drip'),
    chunkBytes: z.int().min(1).default(16),
    intervalMs: z.int().min(0).default(20),
  }),
  z.strictObject({ type: z.literal('empty-choices') }),
  z.strictObject({ type: z.literal('usage'), usage: z.enum(['missing', 'zero']) }),
  /** A complete answer that ended at the output limit, or that was refused. */
  z.strictObject({ type: z.literal('finish'), reason: z.enum(['limit', 'refused']) }),
  /** SSE only: an error event after the first tokens of a 200 stream. */
  z.strictObject({ type: z.literal('error-in-stream'), error: z.record(z.string(), z.unknown()) }),
  /** SSE only: the stream ends cleanly, without finish reason and end marker. */
  z.strictObject({ type: z.literal('no-finish') }),
]);
export type Fault = z.infer<typeof faultSchema>;

export const ruleSchema = z.strictObject({
  /** Applies to calls whose prompt contains this; omitted: to all. */
  promptIncludes: z.string().optional(),
  model: z.string().optional(),
  /** How many matching calls pass untouched before the rule applies. */
  skip: z.int().min(0).default(0),
  /** To how many calls the rule applies; omitted: to all. */
  times: z.int().min(1).optional(),
  latencyMs: z.int().min(0).optional(),
  fault: faultSchema.optional(),
  /** Replaces the answer's text. */
  content: z.string().optional(),
  /** Replaces the model id in the answer. */
  answerModel: z.string().optional(),
  /** Input tokens that the answer reports as read from the cache. */
  cachedTokens: z.int().min(0).optional(),
});
export type Rule = z.infer<typeof ruleSchema>;

export const scriptSchema = z.strictObject({
  /** Time from the request to the first byte of the answer. */
  latencyMs: z.int().min(0).default(0),
  /** Random share of `latencyMs` added on top, 0 to 1. */
  latencyJitter: z.number().min(0).max(1).default(0),
  /**
   * `counted`: a token per four characters, as usual answers have. `worst-case`: exactly the router's bound of input tokens and all of
   * the request's output limit, so that a booked worst case equals the charge.
   */
  usage: z.enum(['counted', 'worst-case']).default('counted'),
  /** Keeps request bodies in the ledger. */
  recordRequests: z.boolean().default(false),
  /** The first rule that matches and is not used up applies. */
  rules: z.array(ruleSchema).default([]),
});
export type Script = z.infer<typeof scriptSchema>;
export type ScriptInput = z.input<typeof scriptSchema>;

/** Picks the rule of each call, counting down `skip` and `times`. */
export function createRulePicker(rules: readonly Rule[]): (call: { prompt: string; model: string }) => Rule | undefined {
  const seen = rules.map(() => 0);
  return (call) => {
    for (const [index, rule] of rules.entries()) {
      if (rule.promptIncludes !== undefined && !call.prompt.includes(rule.promptIncludes)) continue;
      if (rule.model !== undefined && rule.model !== call.model) continue;
      const turn = (seen[index] ?? 0) + 1;
      seen[index] = turn;
      if (turn <= rule.skip) continue;
      if (rule.times !== undefined && turn > rule.skip + rule.times) continue;
      return rule;
    }
    return undefined;
  };
}

import { z } from 'zod';
import { modelRequestShape, routingShape } from './model-request.ts';
import { customErrorNamePattern } from './step-error.ts';

/** A step id: a letter or `_`, then letters, digits, `_` or `-`; at most 64 characters. */
export const stepIdPattern = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/** Words that can't be step ids: they are scope names or jump targets. */
export const reservedStepIds: ReadonlySet<string> = new Set([
  'input',
  'run',
  'steps',
  'secrets',
  'error',
  'item',
  'index',
  'end',
  'fail',
  'true',
  'false',
  'null',
  'in',
]);
export const maxSteps = 200;

/**
 * An object that rejects unknown fields but lets `x-…` fields pass.
 * The keys stay visible to JSON Schema generation through `meta`.
 */
function strictWithExtensions<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = new Set(Object.keys(shape));
  return z.looseObject(shape).superRefine((value, context) => {
    const unknown = Object.keys(value).filter((key) => !known.has(key) && !key.startsWith('x-'));
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: value });
  });
}

const template = z.string().max(16_384);
const target = z.string().max(64).describe('A step id, `end` or `fail`.');
const durationMs = z.number().int().min(0).max(31_536_000_000);
const moneyUsd = z.number().min(0).max(1_000_000);

export const retrySchema = strictWithExtensions({
  maxAttempts: z
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Attempts including the first. Default 3 when `retry` is given, else 1.'),
  delayMs: durationMs.optional().describe('Wait before the second attempt. Default 1000.'),
  backoff: z.enum(['fixed', 'exponential']).optional().describe('Default `fixed`.'),
  factor: z.number().min(1).max(10).optional().describe('Growth per attempt of an exponential backoff. Default 2.'),
  maxDelayMs: durationMs.optional().describe('Upper bound of one wait. Default 30000.'),
  jitter: z
    .enum(['none', 'full'])
    .optional()
    .describe('`full` draws each wait evenly from 0 to its value. Default `full` for exponential, `none` for fixed.'),
  respectRetryAfter: z.boolean().optional().describe("Wait at least the vendor's Retry-After. Default true."),
  retryOn: z
    .array(z.string().max(100))
    .max(50)
    .optional()
    .describe('Error names, `Prefix.*` or `*`. Default: all that a retry can mend.'),
});
export type Retry = z.infer<typeof retrySchema>;

const stepBase = {
  id: z.string().regex(stepIdPattern, 'must start with a letter or _ and contain only letters, digits, _ and - (64 at most)'),
  description: z.string().max(2_000).optional(),
  when: z.string().max(4_096).optional().describe('CEL condition; false skips the step.'),
  condition: z.string().max(4_096).optional().describe('Alias of `when`.'),
  retry: retrySchema.optional(),
  timeoutMs: z.number().int().min(1).max(86_400_000).optional().describe('Limit of one attempt.'),
  onSuccess: target.optional(),
  onFailure: target.optional(),
};

/** The input of a generate step once its templates are filled in. At least one of `prompt` and `messages` is given. */
export const generateInputSchema = strictWithExtensions({
  prompt: z.string().min(1).max(262_144).optional(),
  systemPrompt: z.string().max(262_144).optional(),
  maxTokens: z.number().int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  ...modelRequestShape,
});
export type GenerateInput = z.infer<typeof generateInputSchema>;

const generateStepSchema = strictWithExtensions({
  ...stepBase,
  action: z.literal('generate'),
  provider: z.string().min(1).max(64).optional().describe('Provider id; omitted: the router chooses.'),
  model: z.string().min(1).max(200).optional(),
  ...routingShape,
  input: strictWithExtensions({
    prompt: template.min(1).optional().describe('The last user message. Give prompt, messages or both.'),
    systemPrompt: template.optional(),
    maxTokens: z.union([z.number().int().min(1).max(1_000_000), template]).optional(),
    temperature: z.union([z.number().min(0).max(2), template]).optional(),
    ...modelRequestShape,
    messages: modelRequestShape.messages.describe('Templates in the texts are filled in.'),
    seed: z.union([z.number().int().min(0).max(2_147_483_647), template]).optional(),
    topP: z.union([z.number().min(0).max(1), template]).optional(),
  }),
  maxCostUSD: moneyUsd.optional().describe('Most this step may spend over all its attempts.'),
});

const delayStepSchema = strictWithExtensions({
  ...stepBase,
  action: z.literal('delay'),
  delayMs: z.union([durationMs, template]).optional(),
  until: template.optional().describe('ISO 8601 instant, or a template that gives one.'),
});

const transformStepSchema = strictWithExtensions({
  ...stepBase,
  action: z.literal('transform'),
  set: z.json().describe('Any JSON; templates in its strings are filled in. The result is the output.'),
});

const failStepSchema = strictWithExtensions({
  ...stepBase,
  action: z.literal('fail'),
  error: z.string().regex(customErrorNamePattern, 'must be Custom.<Name>').optional().describe('Default `Custom.Failed`.'),
  message: template.optional(),
});

const noopStepSchema = strictWithExtensions({ ...stepBase, action: z.literal('noop') });

/** The actions this version executes. Any other is a validation error. */
export const stepSchema = z.discriminatedUnion('action', [
  generateStepSchema,
  delayStepSchema,
  transformStepSchema,
  failStepSchema,
  noopStepSchema,
]);
export type StepDefinition = z.infer<typeof stepSchema>;
export type ActionName = StepDefinition['action'];
export type StepOf<A extends ActionName> = Extract<StepDefinition, { action: A }>;

export const prioritySchema = z.enum(['low', 'normal', 'high']);
export type Priority = z.infer<typeof prioritySchema>;

export const workflowDefinitionSchema = strictWithExtensions({
  $schema: z.string().max(500).optional(),
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      'must start with a letter or digit and contain only letters, digits, ., _ and - (100 at most)',
    ),
  version: z.number().int().min(1).max(1_000_000).optional().describe('Default 1.'),
  description: z.string().max(2_000).optional(),
  tags: z.array(z.string().max(64)).max(50).optional(),
  defaults: strictWithExtensions({
    provider: z.string().min(1).max(64).optional(),
    model: z.string().min(1).max(200).optional(),
    timeoutMs: stepBase.timeoutMs,
    retry: retrySchema.optional(),
  }).optional(),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(31_536_000_000)
    .optional()
    .describe('Limit of the whole run, from its first start. Default 24 h.'),
  maxCostUSD: moneyUsd.optional().describe('Most the run may spend.'),
  priority: prioritySchema.optional(),
  steps: z.array(stepSchema).min(1).max(maxSteps),
});
export type WorkflowDefinition = z.infer<typeof workflowDefinitionSchema>;

import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

/** Every error a step or run can end with. `Custom.*` names come from `fail` steps and are open. */
export const stepErrorNames = [
  'Provider.RateLimited',
  'Provider.Overloaded',
  'Provider.Timeout',
  'Provider.Unavailable',
  'Provider.Auth',
  'Provider.InvalidRequest',
  'Provider.ContextLength',
  'Provider.ContentFiltered',
  'Provider.QuotaExceeded',
  'Provider.Truncated',
  'Step.Timeout',
  'Step.SchemaInvalid',
  'Step.TemplateError',
  'Step.ConditionError',
  'Step.OutputTooLarge',
  'Budget.Exceeded',
  'Http.4xx',
  'Http.5xx',
  'Http.Network',
  'Approval.Rejected',
  'Approval.Expired',
  'Switch.NoMatch',
  'Child.Failed',
  'Worker.Lost',
  'Run.Cancelled',
  'Run.Timeout',
] as const;

export type BuiltInStepErrorName = (typeof stepErrorNames)[number];
export type StepErrorName = BuiltInStepErrorName | `Custom.${string}`;

/** `Custom.` followed by letters, digits, `_`, `-` or `.`; at most 100 characters. */
export const customErrorNamePattern = /^Custom\.[A-Za-z0-9_.-]{1,93}$/;

export const stepErrorNameSchema = z.union([
  z.enum(stepErrorNames),
  z
    .templateLiteral(['Custom.', z.string()])
    .refine((name) => customErrorNamePattern.test(name), 'not a valid Custom.* error name'),
]);

export const stepErrorSchema = z
  .object({
    name: stepErrorNameSchema,
    message: z.string(),
    retryable: z.boolean(),
    provider: z.string().exactOptional(),
    status: z.number().int().exactOptional().describe("HTTP status of the vendor's answer, where there was one."),
    attempt: z.number().int().exactOptional().describe('The attempt that failed, counted from 1.'),
    retryAfterMs: z.number().exactOptional().describe("The vendor's `Retry-After`, in milliseconds."),
    isLocal: z
      .boolean()
      .exactOptional()
      .describe('The call was never sent: a limit, a cool-down or an open circuit of our own held it back. Costs nothing.'),
  })
  .meta({ id: 'StepError', description: 'Why a step, a call or a run failed.' });
export type StepError = DeepReadonly<z.infer<typeof stepErrorSchema>>;

/** Errors that a retry can't mend: tried again only where `retryOn` names them. */
const neverRetriedUnlessNamed: ReadonlySet<string> = new Set([
  'Provider.Auth',
  'Provider.InvalidRequest',
  'Provider.ContextLength',
  'Provider.ContentFiltered',
  'Budget.Exceeded',
  'Step.TemplateError',
  'Step.ConditionError',
  'Approval.Rejected',
]);

/** Whether an error of this name is worth another attempt when the workflow doesn't say. */
export function isRetryableByDefault(name: StepErrorName): boolean {
  return !neverRetriedUnlessNamed.has(name) && !name.startsWith('Run.');
}

/**
 * Whether `pattern` of a `retryOn` list covers `name`.
 * A pattern is a full name, a prefix ending in `.*`, or `*` (everything but `Run.*`).
 */
export function matchesErrorName(pattern: string, name: StepErrorName): boolean {
  if (pattern === '*') return !name.startsWith('Run.');
  if (pattern.endsWith('.*')) return name.startsWith(pattern.slice(0, -1));
  return pattern === name;
}

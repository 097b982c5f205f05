import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { runStatuses } from '../run.ts';
import { cursorField, limitField, nextCursorField } from './fields.ts';
import { runListEntrySchema } from './runs.ts';
import { runKindSchema } from './statuses.ts';

/** A moment in ISO 8601, as Unix milliseconds: a time with its offset, or a day, which begins at midnight UTC. */
const momentField = z.string().transform((text, context): number => {
  if (z.iso.datetime({ offset: true }).safeParse(text).success || z.iso.date().safeParse(text).success) return Date.parse(text);
  const message = 'must be an ISO 8601 time with offset such as 2026-12-01T08:00:00Z, or a day such as 2026-12-01';
  context.addIssue({ code: 'invalid_format', format: 'datetime', message });
  return z.NEVER;
});

const amountUsdField = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,9})?$/, 'must be an amount of US dollars such as 0.25')
  .transform(Number)
  .pipe(z.number().max(1_000_000));

const statusListField = z.union([z.string(), z.array(z.string())]).transform((given, context) => {
  const names = [given].flat().flatMap((text) => text.split(','));
  const known = runStatuses.filter((status) => names.includes(status));
  const unknown = names.find((name) => !known.some((status) => status === name));
  if (unknown === undefined) return known;
  context.addIssue({
    code: 'invalid_value',
    values: [...runStatuses],
    message: `${JSON.stringify(unknown)} is none of ${runStatuses.join(', ')}`,
  });
  return z.NEVER;
});

const nameField = z.string().min(1).max(200);

/** Query of `GET /api/jobs`. */
export const listJobsQuerySchema = z
  .strictObject({
    kind: runKindSchema.optional(),
    status: statusListField
      .optional()
      .describe(`In one of these states, comma separated or repeated: ${runStatuses.join(', ')}.`),
    workflow: nameField.optional().describe('Of workflows with this name.'),
    workflowId: z.uuid().optional().describe('Of this saved workflow.'),
    userId: nameField.optional(),
    provider: nameField.optional().describe('With a step that this provider served last.'),
    model: nameField.optional().describe('With a step that this model served last.'),
    tag: nameField.optional(),
    from: momentField.optional().describe('Accepted then or later: ISO 8601, a time with offset or a day.'),
    to: momentField.optional().describe('Accepted before: ISO 8601, a time with offset or a day.'),
    minCostUSD: amountUsdField.optional().describe('Cost so far.'),
    maxCostUSD: amountUsdField.optional().describe('Cost so far.'),
    limit: limitField(50),
    cursor: cursorField.optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['from'],
    message: 'is after `to`',
  })
  .refine(({ minCostUSD, maxCostUSD }) => minCostUSD === undefined || maxCostUSD === undefined || minCostUSD <= maxCostUSD, {
    path: ['minCostUSD'],
    message: 'is more than `maxCostUSD`',
  });

/** `GET /api/jobs`. */
export const jobListSchema = z
  .object({
    jobs: z
      .array(runListEntrySchema)
      .describe('Newest first. Can be fewer than the limit, or none, although there is a next page.'),
    nextCursor: nextCursorField.exactOptional(),
  })
  .meta({ id: 'JobList' });
export type JobList = DeepReadonly<z.infer<typeof jobListSchema>>;

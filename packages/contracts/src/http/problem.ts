import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { errorCodes, type Issue } from '../errors.ts';
import { stepErrorSchema } from '../step-error.ts';
import { jobIdField } from './fields.ts';
import { routingViewSchema } from './routing.ts';

export const issueSchema = z
  .object({
    pointer: z.string().describe('RFC 6901 pointer to what breaks the rule; empty for the whole.'),
    code: z.string().describe('Stable name of the rule, such as `unknown-field`.'),
    message: z.string(),
    provider: z.string().exactOptional().describe('Of a request that no provider can serve: whom this is about.'),
  })
  .meta({ id: 'Issue', description: 'One broken rule.' }) satisfies z.ZodType<Issue>;

/** What a client is told; the other codes are defects to it, `internal`. */
export const problemCodeSchema = z.enum(errorCodes).exclude(['lease-lost', 'invalid-configuration']);
export type ProblemCode = z.infer<typeof problemCodeSchema>;

/** RFC 9457 problem details, with the product's extension members. */
export const problemSchema = z
  .object({
    type: z.string().describe('`urn:problem-type:orchestrator:` and the code.'),
    title: z.string().describe('The same for every problem of this type.'),
    status: z.number().int().min(400).max(599),
    detail: z.string().describe('What is wrong this time.'),
    code: problemCodeSchema,
    requestId: z
      .string()
      .describe('The `X-Request-Id` of the request; of a failed run that of the one that started it. Also in the log.'),
    retryable: z.boolean().describe('Whether the same request can succeed later.'),
    errors: z.array(issueSchema).exactOptional().describe('Every broken rule, the first 200.'),
    jobId: jobIdField.exactOptional(),
    error: stepErrorSchema.exactOptional().describe('Of a model call that failed: why.'),
    routing: routingViewSchema.exactOptional().describe('Of a failed `generate` that asked for an explanation.'),
    checks: z
      .record(z.string(), z.enum(['ok', 'failed']))
      .exactOptional()
      .describe('Of `GET /readyz`: what answers and what does not.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 problem details.' });
export type Problem = DeepReadonly<z.infer<typeof problemSchema>>;

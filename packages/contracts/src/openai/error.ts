import { z } from 'zod';
import { pendingApprovalViewSchema } from '../http/approvals.ts';

/** The body of every error on `/v1`, and an event of a stream that broke off. */
export const openAiErrorSchema = z.object({
  error: z.looseObject({
    message: z.string(),
    /** The family, such as `invalid_request_error` or `server_error`. */
    type: z.string(),
    /** The parameter that is at fault, such as `messages[0].content`. */
    param: z.string().nullable(),
    code: z.string().nullable(),
    /** With code `approval_required`: what the run waits for. */
    approval: pendingApprovalViewSchema.optional(),
  }),
});
export type OpenAiErrorBody = z.infer<typeof openAiErrorSchema>;

import { z } from 'zod';
import { prioritySchema } from './workflow-definition.ts';

const providerName = z.string().min(1).max(64);

/** `POST /api/ai/generate`. */
export const generateRequestSchema = z.strictObject({
  prompt: z.string().min(1).max(262_144),
  systemPrompt: z.string().max(262_144).optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.number().int().min(1).max(1_000_000).optional(),
  provider: providerName.optional(),
  model: z.string().min(1).max(200).optional(),
  userId: z.string().min(1).max(200).optional(),
  priority: prioritySchema.optional(),
  maxCostUSD: z.number().min(0).max(1_000_000).optional(),
  timeoutMs: z.number().int().min(1).max(86_400_000).optional(),
});
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** `POST /api/workflows/run`: exactly one of `workflow` and `workflowId`. */
export const runWorkflowRequestSchema = z
  .strictObject({
    workflow: z.looseObject({}).optional(),
    workflowId: z.uuid().optional(),
    // Any JSON: it comes from a parser and was inspected. z.json() would look again, for 300 ms at 330,000 values in 1 MB.
    input: z.unknown().optional(),
    userId: z.string().min(1).max(200).optional(),
    priority: prioritySchema.optional(),
  })
  .refine((body) => (body.workflow === undefined) !== (body.workflowId === undefined), {
    message: 'give exactly one of workflow and workflowId',
  });
export type RunWorkflowRequest = z.infer<typeof runWorkflowRequestSchema>;

/** `POST /api/workflows/create`. */
export const createWorkflowRequestSchema = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  version: z.number().int().min(1).max(1_000_000).optional(),
  status: z.enum(['active', 'draft']).optional(),
  definition: z.looseObject({}),
});
export type CreateWorkflowRequest = z.infer<typeof createWorkflowRequestSchema>;

/** `POST /api/workflows/validate`. */
export const validateWorkflowRequestSchema = z.strictObject({ workflow: z.looseObject({}) });

/** Query of `GET /api/workflows/runs`. */
export const listRunsQuerySchema = z.strictObject({
  workflowId: z.uuid().optional(),
  userId: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** Query of `GET /api/workflows/list`. */
export const listWorkflowsQuerySchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) });

/** RFC 9457 problem details, with the product's extension members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly retryable: boolean;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
  readonly jobId?: string;
}

/** The reply of `POST /api/ai/generate`. */
export interface GenerateResponse {
  readonly success: true;
  /** Also the job id: `GET /api/jobs/:id` takes it. */
  readonly requestId: string;
  readonly content: string;
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number; readonly totalTokens: number };
  readonly costUSD: number;
  readonly latencyMs: number;
  readonly provider: string;
  readonly model: string;
}

/** One attempt as clients see it. */
export interface AttemptView {
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'abandoned';
  readonly latencyMs: number;
  readonly provider?: string;
  readonly model?: string;
  readonly costUSD: number;
  readonly costBasis: string;
  readonly finishReason?: string;
  readonly warnings?: readonly string[];
  readonly error?: unknown;
}

/** One step of a run as clients see it. */
export interface StepView {
  readonly id: string;
  readonly visit: number;
  readonly action: string;
  readonly status: string;
  readonly skipReason?: string;
  readonly condition?: boolean;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly provider?: string;
  readonly model?: string;
  readonly usage?: { readonly promptTokens: number; readonly completionTokens: number; readonly totalTokens: number };
  readonly costUSD: number;
  readonly latencyMs: number;
  readonly dueAt?: string;
  readonly attempts: readonly AttemptView[];
}

/** The reply of `POST /api/workflows/run`; with `status: queued | running | waiting` when the wait ran out. */
export interface RunResponse {
  readonly success: boolean;
  readonly runId: string;
  readonly status: string;
  readonly degraded: boolean;
  readonly steps: readonly StepView[];
  readonly output?: unknown;
  readonly error?: unknown;
  readonly totalCostUSD: number;
  readonly totalLatencyMs: number;
}

/** One run of `GET /api/workflows/runs`: everything but inputs, outputs and attempts, which `links.self` has. */
export interface RunListEntry {
  readonly jobId: string;
  readonly runId: string;
  readonly kind: string;
  readonly success: boolean;
  readonly status: string;
  readonly degraded: boolean;
  readonly cancelRequested: boolean;
  readonly workflowId?: string;
  readonly workflowName: string;
  readonly workflowVersion?: number;
  readonly userId?: string;
  readonly requestId: string;
  readonly steps: readonly Pick<
    StepView,
    'id' | 'visit' | 'action' | 'status' | 'provider' | 'model' | 'costUSD' | 'latencyMs'
  >[];
  readonly error?: unknown;
  readonly totalCostUSD: number;
  readonly totalLatencyMs: number;
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly links: { readonly self: string; readonly cancel: string };
}

/** `GET /api/jobs/:id`, for both kinds. */
export interface JobView extends RunResponse {
  readonly jobId: string;
  readonly kind: string;
  readonly workflowId?: string;
  readonly workflowName: string;
  readonly workflowVersion?: number;
  readonly userId?: string;
  readonly requestId: string;
  readonly input?: unknown;
  /** Present when a `generate` job completed: the body that the synchronous call answers. */
  readonly result?: GenerateResponse;
  readonly cancelRequested: boolean;
  readonly maxCostUSD?: number;
  readonly reservedUSD: number;
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly links: { readonly self: string; readonly cancel: string };
}

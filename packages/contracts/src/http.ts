import { z } from 'zod';
import { type ApprovalStatus, approvalStatuses } from './approval.ts';
import type { Citation, RoutingCandidate, RoutingDecision, RoutingRejection } from './model.ts';
import {
  type Capability,
  capabilitySchema,
  fallbackSchema,
  modelRequestShape,
  routingShape,
  type ToolCall,
} from './model-request.ts';
import { prioritySchema } from './workflow-definition.ts';

const providerName = z.string().min(1).max(64);
/** Model calls are streamed, so that readers of the events get tokens. Omitted: where nobody waits for the answer. */
const liveSchema = z.boolean().optional();

/** `POST /api/ai/generate` and `/api/ai/estimate`. */
export const generateRequestSchema = z
  .strictObject({
    prompt: z.string().min(1).max(262_144).optional(),
    systemPrompt: z.string().max(262_144).optional(),
    ...modelRequestShape,
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.number().int().min(1).max(1_000_000).optional(),
    provider: providerName.optional(),
    model: z.string().min(1).max(200).optional(),
    ...routingShape,
    /** The answer tells how the request was routed. */
    explain: z.boolean().optional(),
    live: liveSchema,
    userId: z.string().min(1).max(200).optional(),
    priority: prioritySchema.optional(),
    maxCostUSD: z.number().min(0).max(1_000_000).optional(),
    timeoutMs: z.number().int().min(1).max(86_400_000).optional(),
  })
  .refine(({ prompt, messages }) => prompt !== undefined || messages !== undefined, {
    path: ['prompt'],
    message: 'is missing: give prompt, messages or both',
  });
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** The names in a body that may be broken elsewhere: what is not in its form is left out, as other rules tell of it. */
export const modelNamesSchema = z.object({
  provider: providerName.optional().catch(undefined),
  model: z.string().min(1).max(200).optional().catch(undefined),
  fallbacks: z.array(fallbackSchema).max(10).optional().catch(undefined),
});
export type ModelNames = z.infer<typeof modelNamesSchema>;

/** Query of `GET /api/ai/models`. */
export const listModelsQuerySchema = z.strictObject({
  provider: providerName.optional(),
  capability: capabilitySchema.optional(),
});

/** Query of `GET /api/approvals`. */
export const listApprovalsQuerySchema = z.strictObject({
  status: z.enum(approvalStatuses).optional(),
  jobId: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.uuid().optional(),
});

/** `POST /api/approvals/:id/approve` and `/reject`; may be left out. */
export const decideApprovalRequestSchema = z.strictObject({
  decidedBy: z.string().min(1).max(200).optional(),
  note: z.string().min(1).max(2_000).optional(),
});

/** `POST /api/workflows/run`: exactly one of `workflow` and `workflowId`. */
export const runWorkflowRequestSchema = z
  .strictObject({
    workflow: z.looseObject({}).optional(),
    workflowId: z.uuid().optional(),
    // Any JSON: it comes from a parser and was inspected. z.json() would look again, for 300 ms at 330,000 values in 1 MB.
    input: z.unknown().optional(),
    userId: z.string().min(1).max(200).optional(),
    priority: prioritySchema.optional(),
    live: liveSchema,
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
  readonly errors?: readonly {
    readonly pointer: string;
    readonly code: string;
    readonly message: string;
    readonly provider?: string;
  }[];
  readonly jobId?: string;
  /** Of a failed `generate` that asked for an explanation. */
  readonly routing?: RoutingView;
}

/** How a request was routed, with `explain: true`. */
export interface RoutingView {
  readonly strategy: RoutingDecision['strategy'];
  /** Where the last call went. */
  readonly chosen: { readonly provider: string; readonly model: string; readonly reason: string };
  /** All that could have served the last call, in the order of preference. */
  readonly candidates: readonly RoutingCandidate[];
  readonly rejected: readonly RoutingRejection[];
  /** Every call that was made, in order. */
  readonly attempts: readonly Pick<AttemptView, 'provider' | 'model' | 'outcome' | 'error' | 'latencyMs' | 'costUSD'>[];
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
  /** `stop`, `length` (cut by `maxTokens`), `tool-calls`, `content-filter` or `other`. */
  readonly finishReason?: string;
  readonly warnings?: readonly string[];
  readonly toolCalls?: readonly ToolCall[];
  readonly citations?: readonly Citation[];
  readonly reasoning?: string;
  readonly routing?: RoutingView;
}

/** An approval that something waits for. */
export interface PendingApprovalView {
  readonly id: string;
  /** The most the call can cost; `null` where no price is known. */
  readonly estimatedCostUSD: number | null;
  readonly thresholdUSD: number;
  readonly expiresAt: string;
  readonly links: { readonly self: string; readonly approve: string; readonly reject: string };
}

/** `GET /api/approvals/:id`. */
export interface ApprovalView extends Omit<PendingApprovalView, 'links'> {
  readonly jobId: string;
  /** Id of the step that asks. */
  readonly stepId: string;
  readonly kind: string;
  readonly status: ApprovalStatus;
  readonly provider: string;
  readonly model: string;
  readonly message: string;
  readonly createdAt: string;
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  readonly note?: string;
  /** `approve` and `reject` while it is pending. */
  readonly links: { readonly self: string; readonly job: string; readonly approve?: string; readonly reject?: string };
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
  /** The call before it failed, and the router went on to this one within the same try. */
  readonly isFallback?: boolean;
  readonly toolCalls?: readonly ToolCall[];
  readonly citations?: readonly Citation[];
  readonly reasoning?: string;
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
  /** While the step is `waiting_approval`. */
  readonly approval?: PendingApprovalView;
  readonly attempts: readonly AttemptView[];
}

/** The reply of `POST /api/workflows/run`; with `status: queued | running | waiting | waiting_approval` when it isn't finished. */
export interface RunResponse {
  readonly success: boolean;
  readonly runId: string;
  readonly status: string;
  readonly degraded: boolean;
  readonly steps: readonly StepView[];
  readonly output?: unknown;
  readonly error?: unknown;
  /** While the run is `waiting_approval`: what it waits for first. */
  readonly approval?: PendingApprovalView;
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

/** One provider of `GET /api/ai/providers`. */
export interface ProviderView {
  readonly name: string;
  readonly displayName: string;
  readonly isConfigured: boolean;
  readonly defaultModel: string;
  readonly capabilities: readonly Capability[];
  /** US dollars per million tokens; `null` where no price is known. */
  readonly estimatedCost: { readonly inputPerMToken: number | null; readonly outputPerMToken: number | null };
}

export {
  type ApprovalDecision,
  type ApprovalKind,
  type ApprovalPage,
  type ApprovalRecord,
  type ApprovalState,
  type ApprovalStatus,
  approvalStatuses,
  type DecideApprovalResult,
  type ListApprovalsQuery,
  type NewApproval,
  type PendingApproval,
} from './approval.ts';
export type { DeepReadonly } from './deep-readonly.ts';
export { AppError, type AppErrorOptions, type ErrorCode, errorCodes, type Issue, validationError } from './errors.ts';
export { type EventPosition, eventsStart, formatEventId, isAfter, parseEventId } from './event-position.ts';
export {
  type ApprovalList,
  type ApprovalView,
  approvalListSchema,
  approvalViewSchema,
  decideApprovalRequestSchema,
  listApprovalsQuerySchema,
  type PendingApprovalView,
} from './http/approvals.ts';
export { type EstimateResponse, estimateResponseSchema } from './http/estimate.ts';
export {
  type GenerateRequest,
  type GenerateResponse,
  generateRequestSchema,
  generateResponseSchema,
  type ModelNames,
  modelNamesSchema,
  type PendingGenerateResponse,
  pendingGenerateResponseSchema,
} from './http/generate.ts';
export { livezResponseSchema, readyzResponseSchema } from './http/health.ts';
export { type JobList, jobListSchema, listJobsQuerySchema } from './http/job-list.ts';
export { type JobView, jobViewSchema } from './http/jobs.ts';
export { listModelsQuerySchema, type ModelList, type ModelView, modelListSchema } from './http/models.ts';
export { type Problem, type ProblemCode, problemSchema } from './http/problem.ts';
export {
  type ProviderList,
  type ProvidersHealth,
  type ProviderView,
  providerListSchema,
  providersHealthSchema,
} from './http/providers.ts';
export type { RoutingView } from './http/routing.ts';
export {
  listRunsQuerySchema,
  type RunListEntry,
  type RunResponse,
  type RunWorkflowRequest,
  runListEntrySchema,
  runListSchema,
  runResponseSchema,
  runWorkflowRequestSchema,
} from './http/runs.ts';
export type { AttemptView, StepView } from './http/steps.ts';
export { unnamedWorkflowDocumentSchema, workflowDocumentSchema } from './http/workflow-document.ts';
export {
  type CreateWorkflowRequest,
  type CreateWorkflowResponse,
  createWorkflowRequestSchema,
  createWorkflowResponseSchema,
  listWorkflowsQuerySchema,
  type ValidateWorkflowResponse,
  validateWorkflowRequestSchema,
  validateWorkflowResponseSchema,
  type WorkflowList,
  type WorkflowView,
  workflowListSchema,
  workflowViewSchema,
} from './http/workflows.ts';
export type { KeyAnswer, KeyClaim, StoredReply } from './idempotency.ts';
export { type JsonObject, type JsonValue, jsonPointer, pointerToken } from './json.ts';
export { type JsonSchemaNode, toJsonSchema } from './json-schema.ts';
export { jobEventsQuerySchema, type LiveEvent, type LiveEventType, liveEventSchema, liveEventTypes } from './live-event.ts';
export {
  type Citation,
  type CostBasis,
  type FinishReason,
  ModelCallError,
  type ModelPart,
  type ModelPlan,
  type ModelPlanResult,
  type ModelRequest,
  type ModelResult,
  type PreviousCall,
  type RejectionCode,
  type RoutingCandidate,
  type RoutingDecision,
  type RoutingRejection,
  rejectionCodes,
  type TokenUsage,
  zeroUsage,
} from './model.ts';
export {
  type Capability,
  capabilities,
  capabilitySchema,
  type Fallback,
  fallbackSchema,
  type ImagePart,
  type ModelMessage,
  modelMessageSchema,
  modelRequestShape,
  type ReasoningEffort,
  type ResponseFormat,
  type RoutingStrategy,
  reasoningEfforts,
  responseFormatSchema,
  routingShape,
  routingStrategies,
  routingStrategySchema,
  type TextPart,
  type ToolCall,
  type ToolChoice,
  type ToolDefinition,
  toolCallSchema,
  toolChoiceSchema,
  toolDefinitionSchema,
} from './model-request.ts';
export { type NanoUsd, nanoUsdFromUsd, usdFromNanoUsd } from './money.ts';
export {
  type OpenAiChatChunk,
  type OpenAiChatCompletion,
  type OpenAiChatMessage,
  type OpenAiChatRequest,
  type OpenAiChatUsage,
  type OpenAiFinishReason,
  type OpenAiToolCall,
  type OpenAiUserPart,
  openAiChatChunkSchema,
  openAiChatCompletionSchema,
  openAiChatRequestSchema,
} from './openai/chat.ts';
export { type OpenAiErrorBody, openAiErrorSchema } from './openai/error.ts';
export type { OpenAiExtension, OpenAiOrigin } from './openai/extension.ts';
export { type OpenAiModel, openAiModelListSchema, openAiModelSchema } from './openai/models.ts';
export {
  type OpenAiInputItem,
  type OpenAiInputPart,
  type OpenAiOutputItem,
  type OpenAiOutputText,
  type OpenAiResponse,
  type OpenAiResponseRequest,
  type OpenAiResponseUsage,
  openAiResponseRequestSchema,
  openAiResponseSchema,
} from './openai/responses.ts';
export { type RelayMessage, relayMessageSchema, type WakeJob, wakeJobSchema } from './queue-payload.ts';
export {
  type AcceptResult,
  type AttemptRecord,
  type AuditEntry,
  type ClaimedRun,
  type CommitResult,
  type DueRuns,
  type InFlightAttempt,
  isTerminalRunStatus,
  type LeaseRef,
  type ListRunsQuery,
  type NewRun,
  type PlacedEvent,
  type RunCommit,
  type RunEvent,
  type RunEventType,
  type RunFinish,
  type RunKind,
  type RunPage,
  type RunPark,
  type RunSnapshot,
  type RunStatus,
  type RunSummary,
  runEventTypes,
  runStatuses,
  type SavedWorkflow,
  type StepRecord,
  type StepStatus,
  type StepSummary,
  type StoredEvents,
  stepStatuses,
  type TerminalRunStatus,
  type TerminalStepStatus,
  type Wake,
} from './run.ts';
export { toStorableText } from './safe-text.ts';
export {
  type BuiltInStepErrorName,
  customErrorNamePattern,
  isRetryableByDefault,
  matchesErrorName,
  type StepError,
  type StepErrorName,
  stepErrorNameSchema,
  stepErrorNames,
  stepErrorSchema,
} from './step-error.ts';
export { packTokens, readTokenPart, tokenData, unpackTokens } from './token-events.ts';
export {
  type AttemptReport,
  allWebhookEvents,
  type ClaimDeliveries,
  type ClaimedDelivery,
  type CompletedDelivery,
  type DeliveryOutcome,
  type DisabledEndpoint,
  type ListWebhookDeliveriesQuery,
  type NewWebhookEndpoint,
  type WebhookDeliveryPage,
  type WebhookDeliveryRecord,
  type WebhookDeliveryStatus,
  type WebhookDeliverySummary,
  type WebhookDisabledReason,
  type WebhookEndpointPatch,
  type WebhookEndpointRecord,
  type WebhookEndpointRef,
  type WebhookEndpointStatus,
  type WebhookEventType,
  type WebhookReplay,
  type WebhookReplayResult,
  webhookDeliveryStatuses,
  webhookEndpointStatuses,
  webhookEventTypes,
} from './webhook.ts';
export {
  type CreateWebhookRequest,
  createWebhookRequestSchema,
  listWebhookDeliveriesQuerySchema,
  replayWebhookRequestSchema,
  updateWebhookRequestSchema,
  type WebhookDeliverySummaryView,
  type WebhookDeliveryView,
  type WebhookEndpointView,
  type WebhookEvent,
  type WebhookReplayView,
  type WebhookWithSecret,
  webhookDeliveryListSchema,
  webhookDeliverySchema,
  webhookDeliverySummarySchema,
  webhookEndpointViewSchema,
  webhookEventSchema,
  webhookListSchema,
  webhookReplaySchema,
  webhookWithSecretSchema,
} from './webhook-http.ts';
export {
  type ActionName,
  type GenerateInput,
  generateInputSchema,
  maxSteps,
  type Priority,
  prioritySchema,
  type Retry,
  reservedStepIds,
  retrySchema,
  type StepDefinition,
  type StepOf,
  stepIdPattern,
  stepSchema,
  type WorkflowDefinition,
  workflowDefinitionSchema,
} from './workflow-definition.ts';

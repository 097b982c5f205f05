export { workflowJsonSchema } from './definition/json-schema.ts';
export type { WorkflowPlan } from './definition/plan.ts';
export { type ValidateWorkflowResult, validateWorkflow } from './definition/validate.ts';
export { Engine, type EngineCounts, type EngineOptions, type EnginePorts } from './engine/engine.ts';
export type {
  CallModelOptions,
  CallStart,
  CallTelemetry,
  Clock,
  LeaseEnd,
  LeaseTelemetry,
  LiveEvents,
  Log,
  Models,
  PlanOptions,
  Random,
  RunQueue,
  RunStore,
  RunTelemetry,
} from './ports.ts';

import type { JsonObject, SavedWorkflow } from '@orchestrator/contracts';

/** A saved workflow as clients see it. */
export interface WorkflowView {
  readonly workflowId: string;
  readonly name: string;
  readonly version: number;
  readonly status: string;
  readonly definition: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function toWorkflowView(workflow: SavedWorkflow): WorkflowView {
  return {
    workflowId: workflow.workflowId,
    name: workflow.name,
    version: workflow.version,
    status: workflow.status,
    definition: workflow.definition,
    createdAt: new Date(workflow.createdAtMs).toISOString(),
    updatedAt: new Date(workflow.updatedAtMs).toISOString(),
  };
}

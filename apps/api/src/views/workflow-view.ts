import type { SavedWorkflow, WorkflowView } from '@orchestrator/contracts';

/** A saved workflow as clients see it. */
export function workflowPath(workflowId: string): string {
  return `/api/workflows/${workflowId}`;
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

import type {
  CreateWorkflowRequest,
  CreateWorkflowResponse,
  ValidateWorkflowResponse,
  WorkflowList,
  WorkflowView,
} from '@orchestrator/contracts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';

/** Saved workflows. */
export interface Workflows {
  /** Saves a definition under its name and version; the same again changes nothing. */
  create(request: CreateWorkflowRequest, options?: CallOptions): Promise<CreateWorkflowResponse>;
  get(id: string, options?: CallOptions): Promise<WorkflowView>;
  /** The last changed first. @param query.limit - 1 to 500. @defaultValue 100 */
  list(query?: { readonly limit?: number }, options?: CallOptions): Promise<WorkflowList>;
  /** Checks a definition and stores nothing. @throws OrchestratorError `validation-failed` with every broken rule in `errors` */
  validate(workflow: object, options?: CallOptions): Promise<ValidateWorkflowResponse>;
}

export function createWorkflows({ call }: Transport): Workflows {
  return {
    create: (body, options) => call({ method: 'POST', path: '/api/workflows/create', body }, options),
    get: (id, options) => call({ method: 'GET', path: `/api/workflows/${encodeURIComponent(id)}` }, options),
    list: (query, options) => call({ method: 'GET', path: '/api/workflows/list', query: { ...query } }, options),
    validate: (workflow, options) => call({ method: 'POST', path: '/api/workflows/validate', body: { workflow } }, options),
  };
}

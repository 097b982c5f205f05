import { type JsonObject, toJsonSchema, workflowDefinitionSchema } from '@orchestrator/contracts';

/**
 * The JSON Schema (draft 2020-12) of a workflow definition, for editors. It knows fields, types and ranges; the flow,
 * templates and conditions are only checked by `validateWorkflow`.
 */
export function workflowJsonSchema(): JsonObject {
  const { $schema, ...rest } = toJsonSchema(workflowDefinitionSchema, (node) => {
    if (node.type !== 'object' || node.properties === undefined) return;
    // What takes no fields of its own (a message, a tool) stays closed.
    if (node.additionalProperties === false) return;
    node.patternProperties = { '^x-': {} };
    node.additionalProperties = false;
  });
  return { $schema: $schema ?? 'https://json-schema.org/draft/2020-12/schema', title: 'Workflow', ...rest };
}

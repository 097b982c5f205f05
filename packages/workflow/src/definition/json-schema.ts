import { type JsonObject, workflowDefinitionSchema } from '@orchestrator/contracts';

/**
 * The JSON Schema (draft 2020-12) of a workflow definition, for editors. It knows fields, types and ranges; the flow,
 * templates and conditions are only checked by `validateWorkflow`.
 */
export function workflowJsonSchema(): JsonObject {
  const schema = workflowDefinitionSchema.toJSONSchema({
    io: 'input',
    override({ jsonSchema }) {
      if (jsonSchema.type !== 'object' || jsonSchema.properties === undefined) return;
      // What takes no fields of its own (a message, a tool) stays closed.
      if (jsonSchema.additionalProperties === false) return;
      jsonSchema.patternProperties = { '^x-': {} };
      jsonSchema.additionalProperties = false;
    },
  });
  // Through JSON, as zod's type allows functions and symbols that it never emits.
  const { $schema, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonObject;
  return { $schema: $schema ?? 'https://json-schema.org/draft/2020-12/schema', title: 'Workflow', ...rest };
}

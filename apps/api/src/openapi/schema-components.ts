import { type JsonObject, toJsonSchema, unnamedWorkflowDocumentSchema, workflowDocumentSchema } from '@orchestrator/contracts';
import { workflowJsonSchema } from '@orchestrator/workflow';
import type { z } from 'zod';

/** The schemas that the document names: what has an `id` is described once and referred to. */
export interface SchemaComponents {
  /** The JSON Schema of what a client sends or gets. @throws TypeError when two schemas have the same id */
  schemaOf(schema: z.ZodType): JsonObject;
  /** All that were named so far, by name. */
  read(): JsonObject;
}

/** zod's name for the one schema without an id that contains itself. */
const unnamed = '__schema0';
const namesInstead: Readonly<Record<string, string>> = { [unnamed]: 'JsonValue' };
const nameOf = (definition: string) => namesInstead[definition] ?? definition;

/** Refers to components instead of to definitions within the schema. */
function withComponentReferences(schema: JsonObject): JsonObject {
  const prefix = '#/$defs/';
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith(prefix)
      ? `#/components/schemas/${nameOf(value.slice(prefix.length))}`
      : value,
  );
  return JSON.parse(text) as JsonObject;
}

const labelsOf = (schema: z.ZodType): JsonObject => ({
  title: String(schema.meta()?.id),
  description: String(schema.description),
});

export function createSchemaComponents(): SchemaComponents {
  const components = new Map<string, JsonObject>();

  /** @returns the schema itself; its definitions become components */
  function addDefinitionsOf({ $schema, $defs = {}, ...own }: JsonObject, ignored: (name: string) => boolean): JsonObject {
    for (const [definition, schema] of Object.entries($defs as Readonly<Record<string, JsonObject>>)) {
      if (ignored(definition)) continue;
      const name = nameOf(definition);
      const component = withComponentReferences(schema);
      const known = components.get(name);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component))
        throw new TypeError(`Two schemas have the id ${name}.`);
      components.set(name, component);
    }
    return withComponentReferences(own);
  }

  // Routes carry definitions without looking into them; here is what is in them.
  const workflow = addDefinitionsOf(workflowJsonSchema(), () => false);
  const requiredBesideName = (workflow.required as readonly string[]).filter((field) => field !== 'name');
  const documents: Readonly<Record<string, JsonObject>> = {
    WorkflowDefinition: { ...workflow, ...labelsOf(workflowDocumentSchema) },
    UnnamedWorkflowDefinition: { ...workflow, required: requiredBesideName, ...labelsOf(unnamedWorkflowDocumentSchema) },
  };
  for (const [name, schema] of Object.entries(documents)) components.set(name, schema);

  return {
    schemaOf: (schema) => addDefinitionsOf(toJsonSchema(schema), (name) => Object.hasOwn(documents, name)),
    read: () => Object.fromEntries([...components].sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

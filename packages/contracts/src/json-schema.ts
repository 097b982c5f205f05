import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** A node of a schema while it is converted. */
export type JsonSchemaNode = z.core.JSONSchema.BaseSchema;

const formatsThatSayItAll: ReadonlySet<string | undefined> = new Set(['date-time', 'date', 'uuid']);

const isText = (value: unknown, text: string) => JSON.stringify(value) === text;

/** Leaves out what zod adds and no reader needs: patterns of known formats, the bounds of safe integers, names that are strings. */
function simplify(node: JsonSchemaNode): void {
  if (formatsThatSayItAll.has(node.format)) delete node.pattern;
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  if (isText(node.propertyNames, '{"type":"string"}')) delete node.propertyNames;
  // Absent it says the same: there may be more fields.
  if (Object.keys(node.properties ?? {}).length > 0 && isText(node.additionalProperties, '{}')) delete node.additionalProperties;
}

/**
 * The JSON Schema (draft 2020-12) of what a schema takes. Schemas with an `id` become `$defs`. Objects are open unless they are
 * strict, so it fits answers as well, in which newer servers may add fields.
 * @param adjust - changes a node in place, after those below it
 */
export function toJsonSchema(schema: z.ZodType, adjust?: (node: JsonSchemaNode) => void): JsonObject {
  const converted = z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      simplify(jsonSchema);
      adjust?.(jsonSchema);
    },
  });
  // Through JSON, as zod's type allows functions and symbols that it never emits.
  return JSON.parse(JSON.stringify(converted)) as JsonObject;
}

import type { JsonValue } from '@orchestrator/contracts';
import { z } from 'zod';
import { sandboxLabel } from './reply.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Thrown inside for schemas that are not simple. */
class NotSimple extends Error {}

const deepest = 16;
const mostItems = 10;
const longestText = 1_000;
/** Keywords whose instances can't be made by looking at one schema at a time. */
const hardKeywords = [
  '$ref',
  '$dynamicRef',
  'allOf',
  'not',
  'if',
  'pattern',
  'patternProperties',
  'dependentRequired',
  'contains',
];
const samplesByFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'sandbox@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function sampleText(schema: Schema): string {
  const format = typeof schema.format === 'string' ? samplesByFormat[schema.format] : undefined;
  if (format !== undefined) return format;
  const least = numberOf(schema.minLength) ?? 0;
  if (least > longestText) throw new NotSimple();
  return sandboxLabel.padEnd(least, '.').slice(0, numberOf(schema.maxLength) ?? longestText);
}

function sampleNumber(schema: Schema, isInteger: boolean): number {
  const step = numberOf(schema.multipleOf) ?? (isInteger ? 1 : 0.5);
  const least = numberOf(schema.minimum);
  const above = numberOf(schema.exclusiveMinimum);
  if (least === undefined && above === undefined) return Math.min(0, numberOf(schema.maximum) ?? 0);
  const start = Math.ceil(Math.max(least ?? -Infinity, above ?? -Infinity) / step) * step;
  return above !== undefined && start <= above ? start + step : start;
}

function sampleArray(schema: Schema, depth: number): JsonValue {
  const count = numberOf(schema.minItems) ?? 0;
  if (count > mostItems || schema.uniqueItems === true || schema.prefixItems !== undefined) throw new NotSimple();
  return Array.from({ length: count }, () => sampleOf(schema.items ?? {}, depth + 1));
}

/** The required properties only. */
function sampleObject(schema: Schema, depth: number): JsonValue {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    required.map((name: unknown) => [String(name), sampleOf(properties[String(name)] ?? {}, depth + 1)] as const),
  );
}

function sampleOf(schema: unknown, depth: number): JsonValue {
  if (schema === true) return null;
  if (!isSchema(schema) || depth > deepest || hardKeywords.some((keyword) => keyword in schema)) throw new NotSimple();
  if ('const' in schema) return schema.const as JsonValue;
  if (Array.isArray(schema.enum)) return schema.enum[0] as JsonValue;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return sampleOf(choices[0], depth + 1);
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return sampleNumber(schema, type === 'integer');
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array':
      return sampleArray(schema, depth);
    default:
      return sampleObject(schema, depth);
  }
}

/**
 * The JSON text of a small value that follows a schema; `{}` for schemas that are not simple (references, patterns and such).
 * The same schema always gets the same value. Texts in it carry the sandbox's label where the schema leaves room.
 */
export function sampleJson(schema: Schema): string {
  try {
    const sample = sampleOf(schema, 0);
    return z.fromJSONSchema(schema).safeParse(sample).success ? JSON.stringify(sample) : '{}';
  } catch {
    return '{}';
  }
}

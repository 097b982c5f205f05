import { expect, it } from 'vitest';
import { z } from 'zod';
import { toJsonSchema } from './json-schema.ts';

const draft = 'https://json-schema.org/draft/2020-12/schema';

it('says formats and types without what zod adds', () => {
  const schema = z.strictObject({ id: z.uuid(), at: z.iso.datetime(), on: z.iso.date(), count: z.number().int() });
  expect(toJsonSchema(schema)).toEqual({
    $schema: draft,
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      at: { type: 'string', format: 'date-time' },
      on: { type: 'string', format: 'date' },
      count: { type: 'integer' },
    },
    required: ['id', 'at', 'on', 'count'],
    additionalProperties: false,
  });
});

it('keeps bounds and patterns that mean something', () => {
  const schema = z.object({ count: z.number().int().min(0).max(9), name: z.string().regex(/^[a-z]+$/) });
  expect(toJsonSchema(schema)).toMatchObject({
    properties: { count: { minimum: 0, maximum: 9 }, name: { pattern: '^[a-z]+$' } },
  });
});

it.each([
  ['plain', z.object({ a: z.string() })],
  ['loose', z.looseObject({ a: z.string() })],
])('leaves a %s object open', (_, schema) => {
  expect(toJsonSchema(schema)).not.toHaveProperty('additionalProperties');
});

it('says that a record has any names', () => {
  expect(toJsonSchema(z.record(z.string(), z.boolean()))).toEqual({
    $schema: draft,
    type: 'object',
    additionalProperties: { type: 'boolean' },
  });
});

it('names what has an id', () => {
  const named = z.object({ a: z.string() }).meta({ id: 'JsonSchemaTestNamed' });
  expect(toJsonSchema(z.object({ one: named, more: z.array(named) }))).toMatchObject({
    properties: { one: { $ref: '#/$defs/JsonSchemaTestNamed' }, more: { items: { $ref: '#/$defs/JsonSchemaTestNamed' } } },
    $defs: { JsonSchemaTestNamed: { type: 'object' } },
  });
});

it('hands each node on to be adjusted', () => {
  const types: unknown[] = [];
  toJsonSchema(z.object({ a: z.string() }), (node) => types.push(node.type));
  expect(types).toEqual(['string', 'object']);
});

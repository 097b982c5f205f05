import { describe, expect, it } from 'vitest';
import { sampleJson } from './sample-json.ts';

describe('sampleJson', () => {
  it('follows a simple schema, with the required properties only and the label in its texts', () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string', maxLength: 50 },
        kind: { enum: ['news', 'blog'] },
        score: { type: 'number', minimum: 0.5, maximum: 1 },
        count: { type: 'integer', exclusiveMinimum: 2 },
        tags: { type: 'array', minItems: 2, items: { type: 'string', minLength: 12 } },
        since: { type: 'string', format: 'date' },
        maybe: { anyOf: [{ type: 'null' }, { type: 'string' }] },
        isOpen: { type: ['boolean', 'null'] },
        left: { type: 'string' },
      },
      required: ['title', 'kind', 'score', 'count', 'tags', 'since', 'maybe', 'isOpen'],
      additionalProperties: false,
    };
    expect(JSON.parse(sampleJson(schema))).toEqual({
      title: '[sandbox]',
      kind: 'news',
      score: 0.5,
      count: 3,
      tags: ['[sandbox]...', '[sandbox]...'],
      since: '2026-01-01',
      maybe: null,
      isOpen: false,
    });
  });

  it.each([
    { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'], $defs: { a: { type: 'string' } } },
    { type: 'object', properties: { a: { type: 'string', pattern: '^x+$' } }, required: ['a'] },
    { type: 'object', properties: { a: { type: 'array', minItems: 1_000_000 } }, required: ['a'] },
    { type: 'object', properties: { a: { type: 'string', minLength: 1e9 } }, required: ['a'] },
    { type: 'object', properties: { a: { type: 'integer', minimum: 5, maximum: 1 } }, required: ['a'] },
    { type: 'object', properties: [], required: 'a' },
    {},
  ])('answers {} to %j', (schema) => {
    expect(sampleJson(schema)).toBe('{}');
  });
});

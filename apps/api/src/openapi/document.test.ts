import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routesOf } from '../app.ts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { createOpenApiDocument } from './document.ts';

const handle = () => ({ status: 200 });
const doc: RouteDoc = {
  operationId: 'showThing',
  summary: 'Show a thing',
  tag: 'jobs',
  responses: { 200: { description: 'The thing.', schema: z.object({ name: z.string() }) } },
};
const route: Route = { doc, method: 'GET', path: '/things/:id', handle };

interface Operation {
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, unknown>>;
}

function operationOf(given: Route): Operation {
  const { paths } = createOpenApiDocument([given], '1.0.0') as unknown as { paths: Record<string, Record<string, Operation>> };
  const [operations = {}] = Object.values(paths);
  const [operation] = Object.values(operations);
  if (operation === undefined) throw new Error('there is no operation');
  return operation;
}

const statusesOf = (given: Route) => Object.keys(operationOf(given).responses);

describe('an operation', () => {
  it('has the parameters of path, query and headers', () => {
    const query = z.strictObject({ limit: z.coerce.number().int().default(50).describe('How many.'), name: z.string() });
    const { parameters } = operationOf({
      ...route,
      query: 'own',
      doc: { ...doc, query, headers: { Prefer: 'How long to wait.' } },
    });
    expect(parameters).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'Names one of the things.',
        schema: { type: 'string', format: 'uuid' },
      },
      { name: 'limit', in: 'query', description: 'How many.', schema: { type: 'integer', default: 50 } },
      { name: 'name', in: 'query', required: true, schema: { type: 'string' } },
      { name: 'Prefer', in: 'header', description: 'How long to wait.', schema: { type: 'string' } },
    ]);
  });

  it('has its body', () => {
    const withBody = {
      ...route,
      bodyLimitBytes: 100,
      doc: { ...doc, body: z.strictObject({ a: z.string() }), bodyExample: { a: 'b' } },
    };
    const media = { schema: { type: 'object', required: ['a'], additionalProperties: false }, example: { a: 'b' } };
    expect(operationOf(withBody).requestBody).toMatchObject({ required: true, content: { 'application/json': media } });
    expect(operationOf({ ...withBody, isBodyOptional: true }).requestBody).toMatchObject({ required: false });
  });

  it('can answer what its kind of route can answer', () => {
    expect(statusesOf(route)).toEqual(['200', '403', '404', '422', '500', '503']);
    expect(statusesOf({ ...route, path: '/things' })).toEqual(['200', '403', '422', '500', '503']);
    expect(statusesOf({ ...route, path: '/things', query: 'own' })).toEqual(['200', '403', '500', '503']);
    expect(statusesOf({ ...route, path: '/things', bodyLimitBytes: 1 })).toEqual([
      '200',
      '400',
      '403',
      '413',
      '415',
      '422',
      '500',
      '503',
    ]);
  });

  it('answers errors with problems unless it says otherwise', () => {
    const responses = { ...doc.responses, 409: { description: 'No.' } };
    expect(operationOf({ ...route, doc: { ...doc, responses } }).responses).toMatchObject({
      403: { $ref: '#/components/responses/Forbidden' },
      409: { description: 'No.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    });
    const errorSchema = z.object({ error: z.string() });
    const content = { 'application/json': { schema: { type: 'object', required: ['error'] } } };
    expect(operationOf({ ...route, doc: { ...doc, responses, errorSchema } }).responses).toMatchObject({
      403: { content },
      409: { content },
    });
  });

  it('has what follows from keeping its replies, and from starting runs', () => {
    const responses = { 201: { description: 'Made.' }, 409: { description: 'No.' } };
    const keeps = operationOf({ ...route, method: 'POST', path: '/things', keepsReply: true, doc: { ...doc, responses } });
    expect(keeps.parameters).toMatchObject([{ name: 'Idempotency-Key', in: 'header' }]);
    expect(keeps.responses).toMatchObject({
      201: { headers: { 'Idempotency-Replayed': {} } },
      409: { description: expect.stringMatching(/^No\. Or: /), headers: { 'Retry-After': {} } },
    });
    expect(statusesOf({ ...route, method: 'POST', path: '/things', keepsReply: true })).toContain('409');
    const submits = operationOf({ ...route, method: 'POST', path: '/things', isSubmission: true }).responses;
    expect(submits).toMatchObject({
      200: { headers: { RateLimit: {}, 'RateLimit-Policy': {} } },
      429: { $ref: '#/components/responses/TooManyRequests' },
    });
  });

  it('has no content where it answers without a body', () => {
    const responses = { 204: { description: 'Done.', headers: { Location: 'Where.' } } };
    expect(operationOf({ ...route, doc: { ...doc, responses } }).responses[204]).toEqual({
      description: 'Done.',
      headers: { Location: { description: 'Where.', schema: { type: 'string' } } },
    });
  });
});

it('leaves out what is no part of the interface', () => {
  expect(createOpenApiDocument([{ ...route, doc: null }], '1.0.0')).toMatchObject({ paths: {} });
});

it('knows what is in a workflow', () => {
  expect(createOpenApiDocument([], '1.0.0')).toMatchObject({
    components: {
      schemas: {
        WorkflowDefinition: { required: ['name', 'steps'], properties: { steps: { type: 'array' } } },
        UnnamedWorkflowDefinition: { required: ['steps'] },
        JsonValue: { anyOf: expect.any(Array) },
      },
    },
  });
});

it('refuses two schemas of the same name', () => {
  const responses = {
    200: { description: 'One.', schema: z.object({ a: z.string() }).meta({ id: 'DocumentTestTwice' }) },
    201: { description: 'Two.', schema: z.object({ b: z.string() }).meta({ id: 'DocumentTestTwice' }) },
  };
  expect(() => operationOf({ ...route, doc: { ...doc, responses } })).toThrow('Two schemas have the id DocumentTestTwice.');
});

it('comes out the same each time, without a reference that leads nowhere', () => {
  const text = () => JSON.stringify(createOpenApiDocument(routesOf({} as ApiContext), '1.0.0'));
  expect(text()).toBe(text());
  const { components } = JSON.parse(text()) as { components: Record<string, Record<string, object>> };
  const references = [...text().matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  expect(references.length).toBeGreaterThan(50);
  for (const reference of references) {
    const [, kind = '', name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(reference) ?? [];
    expect(components[kind], reference).toHaveProperty(name);
  }
});

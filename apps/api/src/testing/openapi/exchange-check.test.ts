import { describe, expect, it } from 'vitest';
import { createExchangeCheck, type Exchange } from './exchange-check.ts';
import type { OpenApiDocument } from './find-operation.ts';

const problem = { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
const thing = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } };
const event = { content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/Thing' } } } };
const document: OpenApiDocument = {
  paths: {
    '/things/{id}': { get: { operationId: 'show', responses: { 200: { ...thing, headers: { ETag: {} } }, 204: {} } } },
    '/things/last': {
      get: { operationId: 'showLast', responses: { 200: thing, 404: { $ref: '#/components/responses/NotFound' } } },
    },
    '/things': { post: { operationId: 'create', requestBody: thing, responses: { 200: thing } } },
    '/events': { get: { operationId: 'follow', responses: { 200: event } } },
  },
  components: {
    schemas: {
      Problem: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
      Thing: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          more: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Thing' } },
        },
        required: ['name'],
      },
    },
    responses: { NotFound: problem },
  },
};

const check = createExchangeCheck(document);
const json = { 'content-type': 'application/json; charset=utf-8' };
const problemJson = { 'content-type': 'application/problem+json' };

function exchange(given: Partial<Omit<Exchange, 'headers'>> & { headers?: Record<string, string> }): Exchange {
  return {
    method: 'GET',
    url: '/things/1',
    status: 200,
    text: '{"name":"a"}',
    ...given,
    headers: new Headers(given.headers ?? json),
  };
}

describe('passes', () => {
  it.each([
    ['what is described', {}],
    ['a query', { url: '/things/1?x=/y' }],
    ['a header that is described', { headers: { ...json, etag: '"1"' } }],
    ['an answer without a body', { status: 204, text: '', headers: {} }],
    ['HEAD', { method: 'HEAD', text: '' }],
    ['a shared response', { url: '/things/last', status: 404, text: '{"code":"x"}', headers: problemJson }],
    ['a path that does not exist', { url: '/nothing', status: 404, text: '{"code":"x"}', headers: problemJson }],
    ['a method that does not exist', { method: 'PUT', status: 405, text: '{"code":"x"}', headers: problemJson }],
    ['OPTIONS', { method: 'OPTIONS', status: 204, text: '', headers: {} }],
    [
      'events',
      {
        url: '/events',
        text: ': hi\n\ndata: {"name":"a"}\n\ndata: [DONE]\n\n',
        headers: { 'content-type': 'text/event-stream' },
      },
    ],
    ['a body that is described', { method: 'POST', url: '/things', requestBody: { name: 'a', newer: 1 } }],
  ])('%s', (_, given) => {
    expect(() => check(exchange(given))).not.toThrow();
  });
});

describe('fails on', () => {
  it.each([
    ['an unknown field', { text: '{"name":"a","other":1}' }, 'other'],
    ['an unknown field further down', { text: '{"name":"a","more":{"x":{"name":"b","other":1}}}' }, '#/more/x'],
    ['a missing field', { text: '{}' }, 'name'],
    ['a wrong type', { text: '{"name":1}' }, '#/name'],
    ['an unknown status', { status: 201 }, 'the status is not described'],
    ['an unknown media type', { headers: { 'content-type': 'text/plain' } }, 'text/plain is not described'],
    ['no media type', { headers: {} }, 'is not described'],
    ['a body where there should be none', { status: 204 }, 'a body is not described'],
    ['an unknown header', { headers: { ...json, location: '/' } }, 'location is not described'],
    ['the wrong one of two paths', { url: '/things/last', status: 204, text: '' }, 'the status is not described'],
    ['an answer on a path that does not exist', { url: '/nothing' }, 'no operation is described for it'],
    ['an answer to a method that does not exist', { method: 'PUT' }, 'no operation is described for it'],
    ['an unknown field of a problem', { url: '/nothing', status: 404, text: '{"code":"x","y":1}', headers: problemJson }, 'y'],
    [
      'a wrong event',
      { url: '/events', text: 'data: {"name":"a"}\n\ndata: {}\n\n', headers: { 'content-type': 'text/event-stream' } },
      'name',
    ],
    [
      'a body that is accepted and not described',
      { method: 'POST', url: '/things', requestBody: { name: 1 } },
      'accepted request #/name',
    ],
  ])('%s', (_, given, message) => {
    expect(() => check(exchange(given))).toThrow(message);
  });
});

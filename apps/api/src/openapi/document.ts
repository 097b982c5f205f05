import type { JsonObject } from '@orchestrator/contracts';
import { apiTags } from '../http/api-tags.ts';
import type { Route } from '../http/route.ts';
import { commonResponses } from './common-responses.ts';
import { operationOf, responseObject } from './operation.ts';
import { templateOf } from './parameters.ts';
import { createSchemaComponents, type SchemaComponents } from './schema-components.ts';

const description = `Runs LLM calls and workflows of LLM calls, durably and within budgets.

- **Unknown fields.** A request with one is refused. An answer may have more fields than are described here: newer servers
  add some, so clients pass over what they don't know.
- **Errors** are problem details (RFC 9457) with a stable \`code\`.
- **Ids.** \`X-Request-Id\` of a request is kept (1 to 128 of \`A-Z a-z 0-9 . _ : + / = -\`) or replaced, and is in every
  answer. \`traceparent\` is stored with a run.
- **Money** is in US dollars with up to nine decimals, **times** are ISO 8601, durations milliseconds.
- There is no authentication yet: the server answers on loopback addresses only.`;

function pathsOf(schemas: SchemaComponents, routes: readonly Route[]): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    if (route.doc === null) continue;
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(schemas, route, route.doc) };
  }
  return paths;
}

function responseComponents(schemas: SchemaComponents): JsonObject {
  return Object.fromEntries(
    Object.entries(commonResponses).map(([status, response]) => [
      response.name,
      responseObject(schemas, Number(status), response),
    ]),
  );
}

/** The OpenAPI document of routes: the same routes give the same document. */
export function createOpenApiDocument(routes: readonly Route[], version: string): JsonObject {
  const schemas = createSchemaComponents();
  const paths = pathsOf(schemas, routes);
  const responses = responseComponents(schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Multi-AI Orchestrator',
      version,
      summary: 'Durable, budgeted, explainable LLM calls and workflows.',
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    security: [],
    tags: Object.entries(apiTags).map(([name, text]) => ({ name, description: text })),
    paths,
    components: { schemas: schemas.read(), responses },
  };
}

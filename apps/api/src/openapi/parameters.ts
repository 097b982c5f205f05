import type { JsonObject } from '@orchestrator/contracts';
import type { Route, RouteDoc } from '../http/route.ts';
import type { SchemaComponents } from './schema-components.ts';

const pathParameter = /[:*](\w+)/g;

/** An Express path as OpenAPI writes it: `/api/jobs/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(pathParameter, '{$1}');
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(pathParameter)].map(([whole, name = '']) => {
    const collection = path.slice(0, path.indexOf(whole)).split('/').at(-2);
    const schema = name === 'id' ? { type: 'string', format: 'uuid' } : { type: 'string' };
    return { name, in: 'path', required: true, description: `Names one of the ${collection}.`, schema };
  });
}

function queryParameters(schemas: SchemaComponents, query: RouteDoc['query']): JsonObject[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemas.schemaOf(query) as {
    readonly properties?: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

/** Everything that a request can say beside its body. */
export function parametersOf(schemas: SchemaComponents, route: Route, doc: RouteDoc): JsonObject[] {
  const headers = Object.entries(doc.headers ?? {});
  return [
    ...pathParameters(route.path),
    ...queryParameters(schemas, doc.query),
    ...headers.map(([name, description]) => ({ name, in: 'header', description, schema: { type: 'string' } })),
  ];
}

import { type JsonObject, type JsonValue, problemSchema } from '@orchestrator/contracts';
import type { ResponseDoc, Route, RouteDoc } from '../http/route.ts';
import { commonResponses } from './common-responses.ts';
import { completeDoc } from './complete-doc.ts';
import { parametersOf } from './parameters.ts';
import type { SchemaComponents } from './schema-components.ts';

function headerObjects(headers: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

/** One way to answer; an error without a schema of its own has the problem's. */
export function responseObject(
  schemas: SchemaComponents,
  status: number,
  response: ResponseDoc,
  errors?: RouteDoc['errorSchema'],
) {
  const isProblem = status >= 400 && response.schema === undefined && errors === undefined;
  const schema = response.schema ?? (status >= 400 ? (errors ?? problemSchema) : undefined);
  const contentType = response.contentType ?? (isProblem ? 'application/problem+json' : 'application/json');
  return {
    description: response.description,
    ...(response.headers === undefined ? {} : { headers: headerObjects(response.headers) }),
    ...(schema === undefined ? {} : { content: { [contentType]: { schema: schemas.schemaOf(schema) } } }),
  } satisfies JsonObject;
}

function responsesOf(schemas: SchemaComponents, route: Route, doc: RouteDoc): JsonObject {
  const own = Object.entries(doc.responses).map(
    ([status, response]) => [status, responseObject(schemas, Number(status), response, doc.errorSchema)] as const,
  );
  const common = Object.entries(commonResponses).flatMap(([status, response]) => {
    if (status in doc.responses || !response.appliesTo(route)) return [];
    const reference = { $ref: `#/components/responses/${response.name}` };
    const special = doc.errorSchema && responseObject(schemas, Number(status), response, doc.errorSchema);
    return [[status, special ?? reference] as const];
  });
  return Object.fromEntries([...own, ...common].sort(([left], [right]) => Number(left) - Number(right)));
}

function requestBodyOf(schemas: SchemaComponents, route: Route, body: RouteDoc['body'], example: JsonValue | undefined) {
  if (body === undefined) return {};
  const media = { schema: schemas.schemaOf(body), ...(example === undefined ? {} : { example }) };
  return { requestBody: { required: route.isBodyOptional !== true, content: { 'application/json': media } } };
}

/** What the document says of a route. */
export function operationOf(schemas: SchemaComponents, route: Route, ownDoc: RouteDoc): JsonObject {
  const doc = completeDoc(route, ownDoc);
  const parameters = parametersOf(schemas, route, doc);
  return {
    operationId: doc.operationId,
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    tags: [doc.tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(schemas, route, doc.body, doc.bodyExample),
    responses: responsesOf(schemas, route, doc),
  };
}

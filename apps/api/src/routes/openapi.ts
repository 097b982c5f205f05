import { z } from 'zod';
import { cachingRequestHeaders, cachingResponseHeaders } from '../http/documented-headers.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { answerStatic, createStaticContent, type StaticContent } from '../http/static-content.ts';
import { describeApi } from '../openapi/describe-api.ts';

const doc: RouteDoc = {
  operationId: 'getOpenApi',
  summary: 'Show this document',
  tag: 'server',
  headers: cachingRequestHeaders,
  responses: {
    200: { description: 'The OpenAPI document.', schema: z.looseObject({}), headers: cachingResponseHeaders },
    304: { description: 'It has not changed.', headers: cachingResponseHeaders },
  },
};

/** @param routes - all routes of the API, this one included; asked for once they are complete */
export function openApiRoute(routes: () => readonly Route[]): Route {
  let content: StaticContent | undefined;
  return {
    doc,
    method: 'GET',
    path: '/openapi.json',
    handle(call) {
      content ??= createStaticContent(Buffer.from(JSON.stringify(describeApi(routes()))), 'application/json');
      return answerStatic(call, content);
    },
  };
}

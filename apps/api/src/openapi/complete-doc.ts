import { keyedRequestHeaders, keyedResponseHeaders, limitHeaders, retryHeaders } from '../http/documented-headers.ts';
import type { ResponseDoc, Route, RouteDoc } from '../http/route.ts';

function withHeaders(response: ResponseDoc, headers: Readonly<Record<string, string>>): ResponseDoc {
  return { ...response, headers: { ...response.headers, ...headers } };
}

function mapResponses(doc: RouteDoc, change: (response: ResponseDoc, status: number) => ResponseDoc): RouteDoc {
  const entries = Object.entries(doc.responses).map(([status, response]) => [status, change(response, Number(status))]);
  return { ...doc, responses: Object.fromEntries(entries) as RouteDoc['responses'] };
}

const inUse = 'The first request with this `Idempotency-Key` is still being answered.';

function addKeptReply(doc: RouteDoc): RouteDoc {
  const described = mapResponses(doc, (response, status) =>
    status < 300 ? withHeaders(response, keyedResponseHeaders) : response,
  );
  const conflict = doc.responses[409];
  const description = conflict === undefined ? inUse : `${conflict.description} Or: ${inUse}`;
  return {
    ...described,
    headers: { ...doc.headers, ...keyedRequestHeaders },
    responses: { ...described.responses, 409: withHeaders({ ...conflict, description }, retryHeaders) },
  };
}

/** The description of a route with all that follows from its kind. */
export function completeDoc(route: Route, doc: RouteDoc): RouteDoc {
  const kept = route.keepsReply === true ? addKeptReply(doc) : doc;
  return route.isSubmission === true ? mapResponses(kept, (response) => withHeaders(response, limitHeaders)) : kept;
}

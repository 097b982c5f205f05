import { limitHeaders, retryHeaders } from '../http/documented-headers.ts';
import type { ResponseDoc, Route } from '../http/route.ts';

interface CommonResponse extends ResponseDoc {
  /** Its name among the components. */
  readonly name: string;
  appliesTo(route: Route): boolean;
}

const always = () => true;
const takesBody = ({ bodyLimitBytes }: Route) => bodyLimitBytes !== undefined;

/** What any route of a kind can answer, by status. A route that says more of a status replaces it. */
export const commonResponses: Readonly<Record<number, CommonResponse>> = {
  400: { name: 'BadRequest', description: 'The body is no JSON.', appliesTo: takesBody },
  403: { name: 'Forbidden', description: 'The `Host` is foreign, or the `Origin` of a write is.', appliesTo: always },
  404: { name: 'NotFound', description: 'There is no such thing.', appliesTo: ({ path }) => path.includes(':') },
  413: { name: 'PayloadTooLarge', description: 'The body is over its limit.', appliesTo: takesBody },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is no UTF-8 `application/json`, or it is compressed.',
    appliesTo: takesBody,
  },
  422: {
    name: 'UnprocessableContent',
    description: 'The request breaks rules: see `errors`.',
    appliesTo: (route) => takesBody(route) || route.query !== 'own' || route.doc?.query !== undefined,
  },
  429: {
    name: 'TooManyRequests',
    description: 'Too many submissions in this minute, where a limit is configured.',
    headers: { ...retryHeaders, ...limitHeaders },
    appliesTo: ({ isSubmission }) => isSubmission === true,
  },
  500: { name: 'InternalError', description: 'A defect; the log has its `requestId`.', appliesTo: always },
  503: {
    name: 'Unavailable',
    description: 'A part of the system is not reachable, or this process is ending. Retry.',
    headers: retryHeaders,
    appliesTo: always,
  },
};

import { findOperation, type OpenApiDocument, type Operation, type ResponseObject } from './find-operation.ts';
import { createSchemaCheck } from './schema-check.ts';

/** A request and what it was answered. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** As JSON, where it was sent as JSON. */
  readonly requestBody?: unknown;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Throws when an answer is not as the document says. */
export type ExchangeCheck = (exchange: Exchange) => void;

/** Headers that mean something for one route or another; all others belong to HTTP or to every answer. */
const headersWithMeaning = [
  'location',
  'preference-applied',
  'idempotency-replayed',
  'retry-after',
  'etag',
  'link',
  'x-job-id',
] as const;

/** A route whose errors have the shape that all under /v1 have. */
const openAiPath = '/v1/models/{model}';

/** What a server answers to requests that no operation is for: they can't be in the document. */
const unroutedStatuses = { 'other-path': [403, 404, 503], 'other-method': [204, 403, 405, 503] };

/** The values of an answer that its schema describes: of events each one's data. */
function valuesOf(mediaType: string, text: string): unknown[] {
  if (mediaType !== 'text/event-stream') return [mediaType.endsWith('json') ? JSON.parse(text) : text];
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, line = '']) => line);
  return data.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as unknown);
}

/** Compares exchanges with an OpenAPI document: status, media type, body, headers; and bodies that were accepted. */
export function createExchangeCheck(document: OpenApiDocument): ExchangeCheck {
  const schemas = createSchemaCheck(document.components.schemas);

  function resolve(response: ResponseObject | undefined): ResponseObject | undefined {
    const name = response?.$ref?.replace('#/components/responses/', '');
    return name === undefined ? response : document.components.responses[name];
  }

  function bodyProblems({ method, headers, text }: Exchange, response: ResponseObject): readonly string[] {
    const mediaType = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (response.content === undefined) return text === '' ? [] : ['a body is not described'];
    const schema = response.content[mediaType]?.schema;
    if (schema === undefined) return [`the media type ${mediaType} is not described`];
    if (method === 'HEAD') return [];
    return valuesOf(mediaType, text).flatMap((value) => schemas.asResponse(schema, value));
  }

  function headerProblems({ headers }: Exchange, response: ResponseObject): readonly string[] {
    const described = new Set(Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()));
    const undescribed = headersWithMeaning.filter((name) => headers.has(name) && !described.has(name));
    return undescribed.map((name) => `the header ${name} is not described`);
  }

  function requestProblems({ status, requestBody }: Exchange, operation: Operation): readonly string[] {
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (status >= 300 || requestBody === undefined || schema === undefined) return [];
    return schemas.asRequest(schema, requestBody).map((problem) => `accepted request ${problem}`);
  }

  /** What a path of OpenAI's answers that isn't there. */
  function openAiError(): ResponseObject {
    return document.paths[openAiPath]?.get?.responses[404] ?? {};
  }

  function problemsOf(exchange: Exchange): readonly string[] {
    const found = findOperation(document, exchange.method, exchange.url);
    if (found.type !== 'operation') {
      if (!unroutedStatuses[found.type].includes(exchange.status)) return ['no operation is described for it'];
      if (exchange.status === 204) return [];
      return bodyProblems(
        exchange,
        /^\/v1(\/|$)/.test(exchange.url) ? openAiError() : (document.components.responses.NotFound ?? {}),
      );
    }
    const response = resolve(found.operation.responses[exchange.status]);
    if (response === undefined) return ['the status is not described'];
    return [
      ...bodyProblems(exchange, response),
      ...headerProblems(exchange, response),
      ...requestProblems(exchange, found.operation),
    ];
  }

  return (exchange) => {
    const problems = problemsOf(exchange);
    if (problems.length === 0) return;
    const { method, url, status, text } = exchange;
    throw new Error(
      `${method} ${url} was answered ${status}, which the OpenAPI document does not describe:\n  ${problems.join('\n  ')}\n${text.slice(0, 2_000)}`,
    );
  };
}

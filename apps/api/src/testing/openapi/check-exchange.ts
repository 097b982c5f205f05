import { routesOf } from '../../app.ts';
import type { ApiContext } from '../../context.ts';
import { describeApi } from '../../openapi/describe-api.ts';
import { createExchangeCheck, type ExchangeCheck } from './exchange-check.ts';
import type { OpenApiDocument } from './find-operation.ts';

let check: ExchangeCheck | undefined;

/** Throws when an answer of the API is not as its OpenAPI document says. */
export const checkExchange: ExchangeCheck = (exchange) => {
  // Routes use their context when they are called, and here none is.
  check ??= createExchangeCheck(describeApi(routesOf({} as ApiContext)) as unknown as OpenApiDocument);
  check(exchange);
};

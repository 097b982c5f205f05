import { GoogleGenerativeAIAbortError, GoogleGenerativeAIError, GoogleGenerativeAIFetchError } from '@google/generative-ai';
import type { BuiltInStepErrorName } from '@orchestrator/contracts';
import type { z } from 'zod';
import { TruncatedAnswer, UnusableAnswer, type VendorError, VendorErrorAnswer } from '../../failure/failure.ts';
import type { Exchange } from './exchange.ts';
import { type contentSchema, type ErrorDetails, errorDetailsSchema } from './schemas.ts';

type StatedError = NonNullable<z.infer<typeof contentSchema>['error']>;

/** The vendor answers bad keys, and accounts that may not use it at all, with 400. */
const accountFatal = /API key (?:not valid|expired|not found)|User location is not supported/i;

/** Where the vendor's details say more than its status: its words for a full minute and for a spent quota are the same. */
function nameOf(status: number | undefined, message: string, details: ErrorDetails): BuiltInStepErrorName | undefined {
  if (details.some(({ reason }) => reason === 'API_KEY_INVALID') || (status === 400 && accountFatal.test(message))) {
    return 'Provider.Auth';
  }
  if (status !== 429) return undefined;
  const quotas = details.flatMap(({ violations }) => violations ?? []).map(({ quotaId }) => quotaId ?? '');
  if (quotas.some((quotaId) => /PerDay|PerMonth/.test(quotaId))) return 'Provider.QuotaExceeded';
  return quotas.length > 0 || details.some(({ retryDelay }) => retryDelay) ? 'Provider.RateLimited' : undefined;
}

/** The header if there is one, else the delay that the body names. */
function retryHeaders(exchange: Exchange | undefined, details: ErrorDetails): NonNullable<VendorError['headers']> {
  const seconds = details.map(({ retryDelay }) => /^(\d+(?:\.\d+)?)s$/.exec(retryDelay ?? '')?.[1]).find(Boolean);
  return {
    get(name) {
      const header = exchange?.header(name) ?? null;
      return header === null && name === 'retry-after' ? (seconds ?? null) : header;
    },
  };
}

/** A failure that the vendor states inside a 200 answer: it may have been billed. */
export function statedFailure({ code, message, status, details }: StatedError): VendorErrorAnswer {
  const text = message ?? status ?? 'It answered with an error without words.';
  return new VendorErrorAnswer({
    name: nameOf(code ?? undefined, text, details ?? []),
    status: code ?? undefined,
    type: status ?? undefined,
    message: text,
    headers: retryHeaders(undefined, details ?? []),
    mayBeBilled: true,
  });
}

/** The SDK writes its own name and the URL before the vendor's words, and the details behind them. */
function wordsOf({ message, errorDetails }: GoogleGenerativeAIFetchError): string {
  const said = message.replace(/^\[GoogleGenerativeAI Error\]: Error fetching from \S+: /, '');
  const details = errorDetails === undefined ? '' : ` ${JSON.stringify(errorDetails)}`;
  return said.endsWith(details) ? said.slice(0, said.length - details.length) : said;
}

function refusal(error: GoogleGenerativeAIFetchError, exchange: Exchange): VendorErrorAnswer {
  const details = errorDetailsSchema.safeParse(error.errorDetails).data ?? [];
  const message = wordsOf(error);
  return new VendorErrorAnswer({
    name: nameOf(error.status, message, details),
    status: error.status,
    message,
    headers: retryHeaders(exchange, details),
  });
}

/**
 * The SDK's errors in the terms of the call flow: it hides what happened to the connection, and quotes the answer when it
 * can't parse it.
 */
export function explainError(error: unknown, exchange: Exchange): unknown {
  if (exchange.isRedirected())
    return new VendorErrorAnswer({ status: exchange.status(), message: 'It answered with a redirect.' });
  if (exchange.isTooLong()) return new UnusableAnswer('Its answer is longer than any model writes.');
  if (error instanceof GoogleGenerativeAIFetchError) return refusal(error, exchange);
  if (error instanceof GoogleGenerativeAIAbortError) return error;
  const isAnswered = exchange.status() === 200;
  if (error instanceof GoogleGenerativeAIError) {
    if (!isAnswered) return new Error('fetch failed', { cause: exchange.socketError() });
    if (error.message.includes('parse') || error.message.includes('parsing')) {
      return new UnusableAnswer('It streamed something that is not JSON.');
    }
    return new TruncatedAnswer('The connection was cut before the answer was complete.');
  }
  // It takes every JSON for an object; what fetch throws for a cut body is a TypeError too.
  if (isAnswered && error instanceof TypeError && error.message !== 'terminated') {
    return new UnusableAnswer('It answered with something that is not content.');
  }
  return error;
}

export function readContentError(error: unknown): VendorError | undefined {
  return error instanceof VendorErrorAnswer ? error.said : undefined;
}

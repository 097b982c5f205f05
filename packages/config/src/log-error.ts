import { AppError } from '@orchestrator/contracts';

const maxCauses = 3;
const maxTextLength = 4_000;

/** Masks passwords in URLs, bearer tokens and vendor keys inside a text. */
export function scrubSecrets(text: string): string {
  return text
    .replaceAll(/(\/\/[^/\s:@]*):[^@\s/]+@/g, '$1:[redacted]@')
    .replaceAll(/\b(Bearer\s+)[\w.~+/=-]{8,}/gi, '$1[redacted]')
    .replaceAll(/\b(sk|gsk|pplx|sb_secret|sb_publishable|AIza|eyJ)[-_A-Za-z0-9][\w.-]{12,}/g, '$1[redacted]');
}

function text(value: unknown): string {
  return scrubSecrets(String(value)).slice(0, maxTextLength);
}

const objectFacts = ['name', 'code', 'message', 'status', 'retryable', 'provider', 'attempt'] as const;

/** Step errors and the like: their scalar facts by name. */
function describeObject(value: Partial<Record<(typeof objectFacts)[number], unknown>>): Readonly<Record<string, unknown>> {
  const described: Record<string, unknown> = {};
  for (const fact of objectFacts) {
    const found = value[fact];
    if (typeof found === 'string') described[fact] = text(found);
    if (typeof found === 'number' || typeof found === 'boolean') described[fact] = found;
  }
  return described;
}

/**
 * What is worth logging of an error. An allow-list: vendors' error objects carry whole requests and their headers.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' && error !== null ? describeObject(error) : text(error);
  const known = error as Error & { code?: unknown; status?: unknown };
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: text(error.message),
    ...(known.code === undefined || known.code === null ? {} : { code: text(known.code) }),
    ...(typeof known.status === 'number' ? { status: known.status } : {}),
    ...(error instanceof AppError ? { retryable: error.retryable } : {}),
    ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
    ...(error.cause === undefined || depth >= maxCauses ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

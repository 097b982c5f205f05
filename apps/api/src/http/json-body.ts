import type { IncomingMessage } from 'node:http';
import { AppError, type Issue, validationError } from '@orchestrator/contracts';
import { inspectJson } from './inspect-json.ts';
import { isJsonMediaType } from './media-type.ts';
import { readBody } from './read-body.ts';

/** A parsed body that is safe to walk, with the rules broken so far: schemas add theirs, so that all are told at once. */
export interface JsonBody {
  readonly value: unknown;
  readonly issues: readonly Issue[];
}

/** Whether the headers announce a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkHeaders(request: IncomingMessage): void {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (type === undefined && !hasBody(request)) {
    throw new AppError('invalid-json', 'The body is empty.');
  }
  if (type === undefined || !isJsonMediaType(type)) {
    throw new AppError('unsupported-media-type', 'Send the body as application/json in UTF-8.', {
      details: { headers: { 'Accept-Post': 'application/json' } },
    });
  }
  // A compressed body of a few bytes may hold gigabytes, and nobody needs compression for 1 MB.
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new AppError('unsupported-media-type', 'Send the body without Content-Encoding.', {
      details: { headers: { 'Accept-Encoding': 'identity' } },
    });
  }
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new AppError('invalid-json', 'The body is empty.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('invalid-json', 'The body is not UTF-8.', { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8's message quotes a piece of the body and its position: what its sender needs.
    throw new AppError(
      'invalid-json',
      `The body is not JSON: ${cause instanceof Error ? cause.message.toWellFormed() : 'syntax error'}.`,
      {
        cause,
      },
    );
  }
}

/**
 * Reads, decodes and inspects a JSON body.
 * @throws AppError `unsupported-media-type`, `payload-too-large`, `invalid-json`, or `validation-failed` when the value is unsafe to walk
 * @throws ClientGone
 */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  checkHeaders(request);
  const value = parseJson(await readBody(request, limitBytes));
  const { issues, isSafe } = inspectJson(value);
  if (!isSafe) throw validationError(issues);
  return { value, issues };
}

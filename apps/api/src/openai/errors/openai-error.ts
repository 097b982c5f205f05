import type { PendingApprovalView } from '@orchestrator/contracts';

/** What OpenAI's error object says beside the message. */
export interface OpenAiErrorKind {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

export interface OpenAiErrorOptions {
  /** The parameter at fault, as a path such as `messages[0].content`. */
  readonly param?: string;
  readonly approval?: PendingApprovalView;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error that only the OpenAI-compatible routes know; all others are `AppError`. */
export class OpenAiError extends Error {
  override readonly name = 'OpenAiError';
  readonly kind: OpenAiErrorKind;
  readonly options: OpenAiErrorOptions;

  constructor(kind: OpenAiErrorKind, message: string, options: OpenAiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.options = options;
  }
}

/** Segments of a place in a body, outermost first. */
export type ParamPath = readonly PropertyKey[];

/** A place in a body as OpenAI writes it: `messages[0].content`. */
export function formatParam(path: ParamPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** A request that is refused because of one of its parameters. */
export function refusal(
  code: 'unsupported_parameter' | 'unsupported_value' | 'invalid_value' | 'missing_required_parameter',
  path: ParamPath,
  message: string,
): OpenAiError {
  return new OpenAiError({ status: 400, type: 'invalid_request_error', code }, message, { param: formatParam(path) });
}

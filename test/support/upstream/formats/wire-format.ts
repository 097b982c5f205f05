import type { UpstreamAnswer } from '../answer.ts';

/** What all vendors are told with a call, in words of their own. */
export interface ReadCall {
  readonly model: string;
  /** All texts of the conversation but the system's, a line each. */
  readonly prompt: string;
  readonly systemPrompt: string | undefined;
  readonly maxTokens: number;
  readonly isStream: boolean;
}

/** The parts of a streamed answer, SSE events as text, so that a fault can fall between any two of them. */
export interface StreamedAnswer {
  /** Before the first content. */
  readonly head: readonly string[];
  readonly tokens: readonly string[];
  /** Finish reason, usage, end marker. */
  readonly tail: readonly string[];
  /** A stream that ends properly without having answered. */
  readonly empty: readonly string[];
}

export interface ScriptedError {
  readonly type: string;
  readonly message: string;
}

/** How one kind of vendor API reads and writes. */
export interface WireFormat {
  /** Matches the path of a call, without the provider's prefix and the query. */
  readonly path: RegExp;
  /** @throws ZodError or SyntaxError for bodies that no vendor would accept, RefusedParameter where this vendor is strict */
  readCall(path: string, body: unknown, provider: string | null): ReadCall;
  /** The JSON body of a complete answer. */
  renderAnswer(answer: UpstreamAnswer, provider: string | null): object;
  /** The body of an answer that answers nothing. */
  renderEmpty(answer: UpstreamAnswer): object;
  renderStream(answer: UpstreamAnswer, provider: string | null, body: unknown): StreamedAnswer;
  /** An event that reports a failure inside a stream. */
  renderErrorEvent(error: ScriptedError, provider: string | null): string;
  /** @param retryAfterS - what the header says, for vendors that repeat it in the body */
  renderError(status: number, message: string, retryAfterS: string | undefined): object;
}

/** A parameter that the vendor answers with 400 or 422. */
export class RefusedParameter extends Error {
  override readonly name = 'RefusedParameter';
  readonly status: number;
  constructor(parameter: string, status: number) {
    super(`Unsupported parameter: '${parameter}'`);
    this.status = status;
  }
}

export function sseData(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

export function sseEvent(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

/** A text in the pieces in which it is streamed. */
export function words(text: string): string[] {
  return text.match(/\S+\s*|^\s+/g) ?? [];
}

/** Nano-dollars as vendors write a bill: decimal US dollars. */
export function billUsd(nanoUsd: number): number {
  return nanoUsd / 1_000_000_000;
}

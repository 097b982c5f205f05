import type { UpstreamAnswer } from './answer.ts';
import type { WireFormat } from './formats/wire-format.ts';
import type { UpstreamCall } from './parse-call.ts';
import type { Fault } from './script.ts';

/** The pieces of a 200 answer; those before a moment are sent before it. */
export interface RenderedAnswer {
  readonly contentType: 'application/json' | 'text/event-stream' | 'text/html';
  readonly head: readonly string[];
  readonly tokens: readonly string[];
  readonly tail: readonly string[];
}

const page = '<!doctype html><html><body><h1>Welcome</h1><p>Sign in to use this network.</p></body></html>';

function renderJson(format: WireFormat, call: UpstreamCall, answer: UpstreamAnswer, fault: Fault | undefined): RenderedAnswer {
  const body =
    fault?.type === 'wrong-shape'
      ? { hello: 'world' }
      : fault?.type === 'empty-choices'
        ? format.renderEmpty(answer)
        : format.renderAnswer(answer, call.provider);
  const text = JSON.stringify(body);
  return {
    contentType: 'application/json',
    head: [],
    tokens: [text.slice(0, -1)],
    tail: [text.slice(-1)],
  };
}

function renderEvents(format: WireFormat, call: UpstreamCall, answer: UpstreamAnswer, fault: Fault | undefined): RenderedAnswer {
  const { head, tokens, tail, empty } = format.renderStream(answer, call.provider, call.body);
  const contentType = 'text/event-stream';
  switch (fault?.type) {
    case 'wrong-shape':
      return { contentType, head: [], tokens: ['event: hello\ndata: "world"\n\n'], tail: [] };
    case 'empty-choices':
      return { contentType, head: [], tokens: [], tail: empty };
    case 'no-finish':
      return { contentType, head, tokens, tail: [] };
    case 'error-in-stream': {
      const before = fault.at === 'before-tokens' ? [] : tokens.slice(0, 3);
      return { contentType, head, tokens: before, tail: [format.renderErrorEvent(fault.error, call.provider)] };
    }
    case 'malformed-sse': {
      if (fault.how === 'no-fields') return { contentType, head: [], tokens: ['hello world\n\n', 'and so on\n\n'], tail: [] };
      const broken = tokens[3] ?? tail[0] ?? '';
      return { contentType, head, tokens: tokens.slice(0, 3), tail: [`${broken.slice(0, -Math.ceil(broken.length / 3))}\n\n`] };
    }
    default:
      return { contentType, head, tokens, tail };
  }
}

/** What a vendor would send, in its format, but for the fault. */
export function renderCall(
  format: WireFormat,
  call: UpstreamCall,
  answer: UpstreamAnswer,
  fault: Fault | undefined,
): RenderedAnswer {
  if (fault?.type === 'html') return { contentType: 'text/html', head: [], tokens: [page], tail: [] };
  const rendered = call.isStream ? renderEvents(format, call, answer, fault) : renderJson(format, call, answer, fault);
  if (fault?.type === 'wrong-content-type') return { ...rendered, contentType: 'text/html' };
  if (fault?.type !== 'malformed-json') return rendered;
  const spoil = (pieces: readonly string[]) => pieces.map((piece) => piece.replaceAll('"', "'"));
  return { ...rendered, head: spoil(rendered.head), tokens: spoil(rendered.tokens), tail: spoil(rendered.tail) };
}

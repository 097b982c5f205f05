import type { UpstreamAnswer, UpstreamUsage } from './answer.ts';
import type { ApiProtocol, UpstreamCall } from './parse-call.ts';
import type { Fault } from './script.ts';

/** Usage as it is reported: as counted, zero, or not at all. */
function reported(usage: UpstreamUsage, fault: Fault | undefined): UpstreamUsage | null {
  if (fault?.type !== 'usage') return usage;
  return fault.usage === 'missing' ? null : { input: 0, output: 0, cached: 0 };
}

const finishWords = {
  chat: { natural: 'stop', limit: 'length', refused: 'content_filter' },
  messages: { natural: 'end_turn', limit: 'max_tokens', refused: 'refusal' },
} as const;

/** Why the answer ended, in the vendor's own word. */
function finishWord(protocol: ApiProtocol, fault: Fault | undefined): string {
  return finishWords[protocol][fault?.type === 'finish' ? fault.reason : 'natural'];
}

function chatUsage(usage: UpstreamUsage | null) {
  if (usage === null) return undefined;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function messageUsage(usage: UpstreamUsage) {
  return {
    input_tokens: usage.input - usage.cached,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: 0,
    output_tokens: usage.output,
  };
}

/** The JSON body of a complete answer. */
export function renderJson(call: UpstreamCall, answer: UpstreamAnswer, fault: Fault | undefined): string {
  const usage = reported(answer.usage, fault);
  const isEmpty = fault?.type === 'empty-choices';
  if (fault?.type === 'wrong-shape') return JSON.stringify({ hello: 'world' });
  if (call.protocol === 'messages') {
    return JSON.stringify({
      id: answer.id,
      type: 'message',
      role: 'assistant',
      model: answer.model,
      content: isEmpty ? [] : [{ type: 'text', text: answer.content }],
      stop_reason: isEmpty ? null : finishWord('messages', fault),
      stop_sequence: null,
      ...(usage === null ? {} : { usage: messageUsage(usage) }),
    });
  }
  const message = { role: 'assistant', content: answer.content, refusal: null };
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: 1_800_000_000,
    model: answer.model,
    choices: isEmpty ? [] : [{ index: 0, message, finish_reason: finishWord('chat', fault), logprobs: null }],
    usage: chatUsage(usage),
  });
}

function words(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}

function renderChatEvents(call: UpstreamCall, answer: UpstreamAnswer, fault: Fault | undefined): string[] {
  const base = { id: answer.id, object: 'chat.completion.chunk', created: 1_800_000_000, model: answer.model };
  const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  const chunk = (delta: object, finishReason: string | null = null) =>
    data({ ...base, choices: [{ index: 0, delta, finish_reason: finishReason }] });
  const texts = words(answer.content).map((content) => chunk({ content }));
  if (fault?.type === 'error-in-stream') return [...texts.slice(0, 2), data({ error: fault.error })];
  if (fault?.type === 'no-finish') return texts;
  if (fault?.type === 'empty-choices') return [data({ ...base, choices: [] }), 'data: [DONE]\n\n'];
  const usage = chatUsage(reported(answer.usage, fault));
  return [
    chunk({ role: 'assistant', content: '' }),
    ...texts,
    chunk({}, finishWord('chat', fault)),
    ...(call.wantsUsage && usage !== undefined ? [data({ ...base, choices: [], usage })] : []),
    'data: [DONE]\n\n',
  ];
}

function renderMessageEvents(answer: UpstreamAnswer, fault: Fault | undefined): string[] {
  const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
  const delta = (text: string) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as { type: string });
  const usage = reported(answer.usage, fault);
  const start = {
    type: 'message_start',
    message: {
      id: answer.id,
      type: 'message',
      role: 'assistant',
      model: answer.model,
      content: [],
      stop_reason: null,
      usage: usage === null ? null : { ...messageUsage(usage), output_tokens: 1 },
    },
  };
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  const head = [event(start), event({ type: 'ping' }), event(block)];
  const texts = words(answer.content).map(delta);
  if (fault?.type === 'error-in-stream')
    return [...head, ...texts.slice(0, 2), event({ type: 'error', error: fault.error } as { type: string })];
  if (fault?.type === 'no-finish') return [...head, ...texts];
  if (fault?.type === 'empty-choices') return [event(start), event({ type: 'message_stop' })];
  const end = {
    type: 'message_delta',
    delta: { stop_reason: finishWord('messages', fault), stop_sequence: null },
    ...(usage === null ? {} : { usage: { output_tokens: usage.output } }),
  };
  return [
    ...head,
    ...texts,
    event({ type: 'content_block_stop', index: 0 } as { type: string }),
    event(end),
    event({ type: 'message_stop' }),
  ];
}

/** The SSE events of a streamed answer, one string each. */
export function renderEvents(call: UpstreamCall, answer: UpstreamAnswer, fault: Fault | undefined): string[] {
  if (fault?.type === 'wrong-shape') return ['event: hello\ndata: "world"\n\n'];
  return call.protocol === 'chat' ? renderChatEvents(call, answer, fault) : renderMessageEvents(answer, fault);
}

export function renderError(call: Pick<UpstreamCall, 'protocol'>, status: number): Record<string, unknown> {
  const error = { message: `scripted fault ${status}`, type: status === 429 ? 'rate_limit_error' : 'api_error' };
  return call.protocol === 'chat' ? { error: { ...error, code: null, param: null } } : { type: 'error', error };
}

import { z } from 'zod';
import type { Ending, UpstreamAnswer, UpstreamUsage } from '../answer.ts';
import { RefusedParameter, sseEvent, type WireFormat, words } from './wire-format.ts';

const contentSchema = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const bodySchema = z.looseObject({
  model: z.string(),
  max_tokens: z.number(),
  system: contentSchema,
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content: contentSchema })).min(1),
  stream: z.boolean().optional(),
});

const stopReasons: Readonly<Record<Ending, string>> = {
  natural: 'end_turn',
  limit: 'max_tokens',
  refused: 'refusal',
  'tool-calls': 'tool_use',
};

function textOf(content: z.infer<typeof contentSchema>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((block) => block.text ?? '').join('');
}

/** The input count leaves out what was read from or written to the cache. */
function usageOf(usage: UpstreamUsage) {
  return {
    input_tokens: usage.input - usage.cached - usage.cacheWrite,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: usage.cacheWrite,
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
  };
}

function blocksOf(answer: UpstreamAnswer): object[] {
  return [
    ...(answer.reasoning === '' ? [] : [{ type: 'thinking', thinking: answer.reasoning, signature: 'c2lnbmVk' }]),
    ...(answer.content === '' ? [] : [{ type: 'text', text: answer.content }]),
    ...answer.toolCalls.map(({ id, name, arguments: text }) => ({ type: 'tool_use', id, name, input: JSON.parse(text) })),
  ];
}

function messageOf(answer: UpstreamAnswer) {
  return { id: answer.id, type: 'message', role: 'assistant', model: answer.model, content: [] as object[] };
}

function blockEvents(index: number, start: object, deltas: readonly object[]): string[] {
  const event = (type: string, rest: object) => sseEvent({ type, index, ...rest });
  return [
    event('content_block_start', { content_block: start }),
    ...deltas.map((delta) => event('content_block_delta', { delta })),
    event('content_block_stop', {}),
  ];
}

function streamedBlocks(answer: UpstreamAnswer): string[] {
  const blocks: { start: object; deltas: object[] }[] = [];
  if (answer.reasoning !== '') {
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: words(answer.reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
    });
  }
  if (answer.content !== '') {
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: words(answer.content).map((text) => ({ type: 'text_delta', text })),
    });
  }
  for (const { id, name, arguments: text } of answer.toolCalls) {
    const middle = Math.ceil(text.length / 2);
    const pieces = [text.slice(0, middle), text.slice(middle)];
    blocks.push({
      start: { type: 'tool_use', id, name, input: {} },
      deltas: pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    });
  }
  return blocks.flatMap(({ start, deltas }, index) => blockEvents(index, start, deltas));
}

export const messages: WireFormat = {
  path: /\/messages$/,
  readCall(_path, input) {
    const body = bodySchema.parse(input);
    const refused = /haiku-5/.test(body.model) && ['temperature', 'top_p', 'top_k'].find((name) => body[name] !== undefined);
    if (refused) throw new RefusedParameter(refused, 400);
    return {
      model: body.model,
      prompt: body.messages.map(({ content }) => textOf(content)).join('\n'),
      systemPrompt: body.system ? textOf(body.system) : undefined,
      maxTokens: body.max_tokens,
      isStream: body.stream === true,
    };
  },
  renderAnswer: (answer) => ({
    ...messageOf(answer),
    content: blocksOf(answer),
    stop_reason: stopReasons[answer.ending],
    stop_sequence: null,
    ...(answer.reportedUsage === null ? {} : { usage: usageOf(answer.reportedUsage) }),
  }),
  renderEmpty: (answer) => ({ ...messageOf(answer), stop_reason: null, stop_sequence: null }),
  renderStream(answer) {
    const usage = answer.reportedUsage;
    const started = usage === null ? null : { ...usageOf(usage), output_tokens: 1 };
    const start = { type: 'message_start', message: { ...messageOf(answer), stop_reason: null, usage: started } };
    const end = {
      type: 'message_delta',
      delta: { stop_reason: stopReasons[answer.ending], stop_sequence: null },
      ...(usage === null
        ? {}
        : { usage: { output_tokens: usage.output, output_tokens_details: usageOf(usage).output_tokens_details } }),
    };
    return {
      head: [sseEvent(start), sseEvent({ type: 'ping' })],
      tokens: streamedBlocks(answer),
      tail: [sseEvent(end), sseEvent({ type: 'message_stop' })],
      empty: [sseEvent(start), sseEvent({ type: 'message_stop' })],
    };
  },
  renderErrorEvent: (error) => sseEvent({ type: 'error', error }),
  renderError: (status, message) => ({
    type: 'error',
    error: { message, type: status === 429 ? 'rate_limit_error' : 'api_error' },
  }),
};

import { z } from 'zod';
import type { Ending, UpstreamAnswer } from '../answer.ts';
import { RefusedParameter, sseEvent, type WireFormat, words } from './wire-format.ts';

const contentSchema = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const bodySchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: contentSchema })).min(1),
  max_tokens: z.number().optional(),
  stream: z.boolean().optional(),
});
const refusedParameters = ['stream_options', 'max_completion_tokens', 'top_p', 'stop'];

const finishReasons: Readonly<Record<Ending, string>> = {
  natural: 'COMPLETE',
  limit: 'MAX_TOKENS',
  refused: 'ERROR_TOXIC',
  'tool-calls': 'TOOL_CALL',
};

function textOf(content: z.infer<typeof contentSchema>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

/** The vendor works on more tokens than it bills: its own preamble comes on top. */
const preambleTokens = 500;

function usageOf(answer: UpstreamAnswer): object {
  const usage = answer.reportedUsage;
  if (usage === null) return {};
  return {
    usage: {
      billed_units: { input_tokens: usage.input, output_tokens: usage.output },
      tokens: { input_tokens: usage.input + preambleTokens, output_tokens: usage.output + 2 },
    },
  };
}

const toolCall = ({ id, name, arguments: text }: UpstreamAnswer['toolCalls'][number]) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

function toolEvents(answer: UpstreamAnswer): string[] {
  return answer.toolCalls.flatMap((call, index) => {
    const middle = Math.ceil(call.arguments.length / 2);
    const event = (type: string, rest: object) => sseEvent({ type, index, ...rest });
    const pieces = [call.arguments.slice(0, middle), call.arguments.slice(middle)];
    return [
      event('tool-call-start', { delta: { message: { tool_calls: toolCall({ ...call, arguments: '' }) } } }),
      ...pieces.map((piece) =>
        event('tool-call-delta', { delta: { message: { tool_calls: { function: { arguments: piece } } } } }),
      ),
      event('tool-call-end', {}),
    ];
  });
}

export const cohere: WireFormat = {
  path: /\/v2\/chat$/,
  readCall(_path, input) {
    const body = bodySchema.parse(input);
    const refused = refusedParameters.find((name) => body[name] !== undefined);
    if (refused !== undefined) throw new RefusedParameter(refused, 422);
    const ofRole = (isWanted: boolean) =>
      body.messages.filter(({ role }) => (role === 'system') === isWanted).map(({ content }) => textOf(content));
    const system = ofRole(true);
    return {
      model: body.model,
      prompt: ofRole(false).join('\n'),
      systemPrompt: system.length === 0 ? undefined : system.join('\n'),
      maxTokens: body.max_tokens ?? 4096,
      isStream: body.stream === true,
    };
  },
  renderAnswer: (answer) => ({
    id: answer.id,
    finish_reason: finishReasons[answer.ending],
    message: {
      role: 'assistant',
      ...(answer.toolCalls.length === 0 ? {} : { tool_calls: answer.toolCalls.map(toolCall) }),
      content: [
        ...(answer.reasoning === '' ? [] : [{ type: 'thinking', thinking: answer.reasoning }]),
        ...(answer.content === '' ? [] : [{ type: 'text', text: answer.content }]),
      ],
    },
    ...usageOf(answer),
  }),
  renderEmpty: ({ id }) => ({ id, message: { role: 'assistant', content: [] } }),
  renderStream(answer) {
    const delta = (content: object) => sseEvent({ type: 'content-delta', index: 0, delta: { message: { content } } });
    const end = { type: 'message-end', delta: { finish_reason: finishReasons[answer.ending], ...usageOf(answer) } };
    const start = sseEvent({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } });
    return {
      head: [sseEvent({ type: 'message-start', id: answer.id, delta: { message: { role: 'assistant', content: [] } } })],
      tokens: [
        ...words(answer.reasoning).map((thinking) => delta({ thinking })),
        ...(answer.content === '' ? [] : [start]),
        ...words(answer.content).map((text) => delta({ text })),
        ...toolEvents(answer),
      ],
      tail: [sseEvent(end)],
      empty: [sseEvent({ type: 'message-end', delta: {} })],
    };
  },
  /** There are no kinds of errors inside a stream, only a last event that says it. */
  renderErrorEvent: (error) => sseEvent({ type: 'message-end', delta: { finish_reason: 'ERROR', error: error.message } }),
  renderError: (_status, message) => ({ id: 'err_1', message }),
};

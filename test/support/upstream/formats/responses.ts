import { z } from 'zod';
import type { Ending, UpstreamAnswer } from '../answer.ts';
import { billUsd, RefusedParameter, sseEvent, type WireFormat, words } from './wire-format.ts';

const textSchema = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]);
const itemSchema = z.looseObject({ content: textSchema.optional(), output: textSchema.optional() });
const bodySchema = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(itemSchema).min(1)]),
  instructions: z.string().optional(),
  max_output_tokens: z.number().optional(),
  stream: z.boolean().optional(),
});

/** Everything else is refused. */
const knownParameters: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'max_output_tokens', 'stream', 'tools', 'tool_choice', 'response_format'],
  ...['temperature', 'top_p', 'reasoning', 'max_steps', 'max_tool_calls', 'preset', 'language_preference'],
]);

function textOf(content: z.infer<typeof textSchema> | undefined): string {
  if (content === undefined || typeof content === 'string') return content ?? '';
  return content.map((part) => part.text ?? '').join('');
}

const incompleteReasons: Readonly<Partial<Record<Ending, string>>> = { limit: 'max_output_tokens', refused: 'content_filter' };

function usageOf(answer: UpstreamAnswer): object {
  const usage = answer.reportedUsage;
  if (usage === null) return {};
  return {
    usage: {
      input_tokens: usage.input,
      output_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      cost: { currency: 'USD', total_cost: billUsd(answer.billNanoUsd) },
    },
  };
}

function outputOf(answer: UpstreamAnswer): object[] {
  const annotations = answer.citations.map(({ url, title }) => ({
    type: 'url_citation',
    url,
    title,
    start_index: 0,
    end_index: 1,
  }));
  return [
    ...(answer.citations.length === 0 ? [] : [{ type: 'search_results', queries: ['q'], results: answer.citations }]),
    ...(answer.reasoning === ''
      ? []
      : [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: answer.reasoning }] }]),
    ...(answer.content === ''
      ? []
      : [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: answer.content, annotations }],
          },
        ]),
    ...answer.toolCalls.map(({ id, name, arguments: text }) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: id,
      name,
      arguments: text,
      status: 'completed',
    })),
  ];
}

function responseOf(answer: UpstreamAnswer, output = outputOf(answer)): object {
  const reason = incompleteReasons[answer.ending];
  return {
    id: answer.id,
    object: 'response',
    created_at: 1_800_000_000,
    model: answer.model,
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    error: null,
    output,
    ...usageOf(answer),
  };
}

function toolEvents(answer: UpstreamAnswer, firstIndex: number): string[] {
  return answer.toolCalls.flatMap(({ id, name, arguments: text }, position) => {
    const item = { type: 'function_call', id: `fc_${id}`, call_id: id, name };
    const place = { output_index: firstIndex + position, item_id: `fc_${id}` };
    const middle = Math.ceil(text.length / 2);
    const event = (type: string, rest: object) => sseEvent({ type, ...place, ...rest });
    return [
      event('response.output_item.added', { item: { ...item, arguments: '' } }),
      event('response.function_call_arguments.delta', { delta: text.slice(0, middle) }),
      event('response.function_call_arguments.delta', { delta: text.slice(middle) }),
      event('response.output_item.done', { item: { ...item, arguments: text } }),
    ];
  });
}

export const responses: WireFormat = {
  path: /\/responses$/,
  readCall(_path, input) {
    const body = bodySchema.parse(input);
    const unknown = Object.keys(body).find((name) => !knownParameters.has(name));
    if (unknown !== undefined) throw new RefusedParameter(unknown, 400);
    const items = typeof body.input === 'string' ? [{ content: body.input }] : body.input;
    return {
      model: body.model,
      prompt: items.map(({ content, output }) => textOf(content ?? output)).join('\n'),
      systemPrompt: body.instructions,
      maxTokens: body.max_output_tokens ?? 4096,
      isStream: body.stream === true,
    };
  },
  renderAnswer: (answer) => responseOf(answer),
  renderEmpty: (answer) => responseOf(answer, []),
  renderStream(answer) {
    const searches = answer.citations.length === 0 ? 0 : 1;
    const place = { output_index: searches, content_index: 0, item_id: 'msg_1' };
    const ended = incompleteReasons[answer.ending] === undefined ? 'response.completed' : 'response.incomplete';
    const created = { id: answer.id, object: 'response', model: answer.model, status: 'in_progress', output: [] };
    const end = (response: object) => sseEvent({ type: ended, response });
    const results = { type: 'response.reasoning.search_results', results: answer.citations };
    return {
      head: [
        sseEvent({ type: 'response.created', response: created }),
        sseEvent({ type: 'response.in_progress', response: created }),
      ],
      tokens: [
        ...(searches === 0 ? [] : [sseEvent(results)]),
        ...words(answer.reasoning).map((delta) => sseEvent({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
        ...words(answer.content).map((delta) => sseEvent({ type: 'response.output_text.delta', ...place, delta })),
        ...toolEvents(answer, searches + (answer.content === '' ? 0 : 1) + (answer.reasoning === '' ? 0 : 1)),
      ],
      tail: [end(responseOf(answer))],
      empty: [end(responseOf(answer, []))],
    };
  },
  renderErrorEvent: (error) => sseEvent({ type: 'error', code: error.type, message: error.message }),
  renderError: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_error' : 'api_error', code: status },
  }),
};

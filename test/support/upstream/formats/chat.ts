import { z } from 'zod';
import type { Ending, UpstreamAnswer } from '../answer.ts';
import { type ChatVariant, variantOf } from './chat-variants.ts';
import { RefusedParameter, sseData, type WireFormat, words } from './wire-format.ts';

const contentSchema = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const bodySchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })).min(1),
  max_tokens: z.number().optional(),
  max_completion_tokens: z.number().optional(),
  stream: z.boolean().optional(),
});
const streamOptionsSchema = z.looseObject({ stream_options: z.looseObject({ include_usage: z.literal(true) }) });

const finishWords: Readonly<Record<Ending, string>> = {
  natural: 'stop',
  limit: 'length',
  refused: 'content_filter',
  'tool-calls': 'tool_calls',
};

function textOf(content: z.infer<typeof contentSchema>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((block) => block.text ?? '').join('');
}

function usageOf(answer: UpstreamAnswer, variant: ChatVariant): object | undefined {
  const usage = answer.reportedUsage;
  if (usage === null) return undefined;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.cacheWrite },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
    ...variant.usageFields?.(usage, answer),
  };
}

const toolCall = ({ id, name, arguments: text }: UpstreamAnswer['toolCalls'][number]) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

/** The first piece of a tool call names it, the others bring its arguments. */
function toolDeltas(answer: UpstreamAnswer): object[] {
  return answer.toolCalls.flatMap((call, index) => {
    const middle = Math.ceil(call.arguments.length / 2);
    return [
      { tool_calls: [{ index, ...toolCall({ ...call, arguments: '' }) }] },
      ...[call.arguments.slice(0, middle), call.arguments.slice(middle)].map((piece) => ({
        tool_calls: [{ index, function: { arguments: piece } }],
      })),
    ];
  });
}

export const chat: WireFormat = {
  path: /\/chat\/completions$/,
  readCall(_path, input, provider) {
    const body = bodySchema.parse(input);
    const { refuses } = variantOf(provider);
    if (refuses !== undefined && (refuses.models === undefined || refuses.models.test(body.model))) {
      const refused = refuses.parameters.find((name) => body[name] !== undefined);
      if (refused !== undefined) throw new RefusedParameter(refused, refuses.status);
    }
    const isSystem = (role: string) => role === 'system' || role === 'developer';
    const system = body.messages.filter(({ role }) => isSystem(role)).map(({ content }) => textOf(content));
    return {
      model: body.model,
      prompt: body.messages
        .filter(({ role }) => !isSystem(role))
        .map(({ content }) => textOf(content))
        .join('\n'),
      systemPrompt: system.length === 0 ? undefined : system.join('\n'),
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 4096,
      isStream: body.stream === true,
    };
  },
  renderAnswer(answer, provider) {
    const variant = variantOf(provider);
    const message = {
      role: 'assistant',
      content: answer.toolCalls.length > 0 ? null : answer.content,
      refusal: null,
      ...(answer.reasoning === '' ? {} : { [variant.reasoningField ?? 'reasoning_content']: answer.reasoning }),
      ...(answer.toolCalls.length === 0 ? {} : { tool_calls: answer.toolCalls.map(toolCall) }),
    };
    return {
      id: answer.id,
      object: 'chat.completion',
      created: 1_800_000_000,
      model: answer.model,
      choices: [{ index: 0, message, finish_reason: finishWords[answer.ending], logprobs: null }],
      usage: usageOf(answer, variant),
    };
  },
  renderEmpty: ({ id, model }) => ({ id, object: 'chat.completion', created: 1_800_000_000, model, choices: [] }),
  renderStream(answer, provider, body) {
    const variant = variantOf(provider);
    const base = { id: answer.id, object: 'chat.completion.chunk', created: 1_800_000_000, model: answer.model };
    const chunk = (delta: object, finishReason: string | null = null, rest: object = {}) =>
      sseData({ ...base, choices: [{ index: 0, delta, finish_reason: finishReason }], ...rest });
    const usage = usageOf(answer, variant);
    const place = variant.streamUsage ?? 'if-asked';
    const wantsUsage = streamOptionsSchema.safeParse(body).success;
    const inLast = place === 'last-chunk' ? { usage } : place === 'x_groq' ? { x_groq: { id: answer.id, usage } } : {};
    const own = place === 'if-asked' && wantsUsage && usage !== undefined ? [sseData({ ...base, choices: [], usage })] : [];
    return {
      head: [...(variant.preamble === undefined ? [] : [variant.preamble]), chunk({ role: 'assistant', content: '' })],
      tokens: [
        ...words(answer.reasoning).map((text) => chunk({ [variant.reasoningField ?? 'reasoning_content']: text })),
        ...words(answer.content).map((content) => chunk({ content })),
        ...toolDeltas(answer).map((delta) => chunk(delta)),
      ],
      tail: [chunk({}, finishWords[answer.ending], inLast), ...own, 'data: [DONE]\n\n'],
      empty: [sseData({ ...base, choices: [] }), 'data: [DONE]\n\n'],
    };
  },
  renderErrorEvent(error, provider) {
    if (variantOf(provider).hasNumericErrors !== true) return sseData({ error });
    const code = error.type === 'overloaded_error' ? 503 : error.type === 'rate_limit_error' ? 429 : 500;
    return sseData({
      error: { code, message: error.message },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    });
  },
  renderError: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_error' : 'api_error', code: null, param: null },
  }),
};

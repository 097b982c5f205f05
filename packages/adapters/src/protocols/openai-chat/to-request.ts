import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
} from 'openai/resources/chat/completions';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { ChatDialect } from './dialect.ts';

/** The SDK's type, open for parameters that only one vendor knows. */
export type ChatRequest = ChatCompletionCreateParamsNonStreaming & { [parameter: string]: unknown };

type Message = PreparedCall['messages'][number];
type UserContent = Extract<Message, { role: 'user' }>['content'];

/** Base64 bytes travel as a data URL. */
function toUserContent(content: UserContent) {
  if (typeof content === 'string') return content;
  return content.map((part) => {
    if (part.type === 'text') return { type: 'text' as const, text: part.text };
    const url = part.url ?? `data:${part.mediaType};base64,${part.data}`;
    return { type: 'image_url' as const, image_url: { url } };
  });
}

function toMessage(message: Message): ChatCompletionMessageParam {
  if (message.role === 'user') return { role: 'user', content: toUserContent(message.content) };
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  const { content, toolCalls } = message;
  if (toolCalls === undefined) return { role: 'assistant', content: content ?? '' };
  return {
    role: 'assistant',
    content: content || null,
    tool_calls: toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

function toTool({ name, description, parameters, strict }: NonNullable<PreparedCall['tools']>[number]): ChatCompletionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function toToolChoice(choice: NonNullable<PreparedCall['toolChoice']>, dialect: ChatDialect) {
  if (choice === 'required') return (dialect.toolChoiceRequired ?? 'required') as ChatCompletionToolChoiceOption;
  return typeof choice === 'string' ? choice : { type: 'function' as const, function: { name: choice.name } };
}

function toResponseFormat(
  format: NonNullable<PreparedCall['responseFormat']>,
): NonNullable<ChatCompletionCreateParamsNonStreaming['response_format']> {
  if (format.type === 'text') return { type: 'text' };
  if (format.type === 'json') return { type: 'json_object' };
  const { name = 'answer', schema, strict } = format;
  return { type: 'json_schema', json_schema: { name, schema, ...(strict === undefined ? {} : { strict }) } };
}

/** Vendors answer 400 to a request for any JSON object whose messages don't name JSON; other models then write blanks for ever. */
const jsonHint = 'Answer with a JSON object.';

function textsOf({ system, messages }: PreparedCall): string[] {
  const contents = messages.flatMap(({ content }) =>
    typeof content === 'string' || content === undefined
      ? [content ?? '']
      : content.map((part) => (part.type === 'text' ? part.text : '')),
  );
  return [system ?? '', ...contents];
}

function systemOf(call: PreparedCall): string | undefined {
  if (call.responseFormat?.type !== 'json' || textsOf(call).some((text) => /json/i.test(text))) return call.system;
  return call.system === undefined ? jsonHint : `${call.system}\n\n${jsonHint}`;
}

export function toChatRequest(call: PreparedCall, dialect: ChatDialect): ChatRequest {
  const system = systemOf(call);
  const request: ChatRequest = {
    model: call.model,
    messages: [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...call.messages.map(toMessage)],
    [dialect.maxTokensParameter]: call.maxTokens,
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    ...(call.topP === undefined ? {} : { top_p: call.topP }),
    ...(call.stop === undefined ? {} : { stop: [...call.stop] }),
    ...(call.seed === undefined ? {} : { [dialect.seedParameter ?? 'seed']: call.seed }),
    ...(call.reasoningEffort === undefined ? {} : { reasoning_effort: call.reasoningEffort }),
    ...(call.tools === undefined ? {} : { tools: call.tools.map(toTool) }),
    ...(call.toolChoice === undefined ? {} : { tool_choice: toToolChoice(call.toolChoice, dialect) }),
    ...(call.responseFormat === undefined ? {} : { response_format: toResponseFormat(call.responseFormat) }),
  };
  return dialect.adjustRequest?.(request, call) ?? request;
}

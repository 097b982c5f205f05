import { type OpenAiChatRequest, openAiChatRequestSchema } from '@orchestrator/contracts';
import type { JsonBody } from '../../http/json-body.ts';
import { parseBody } from '../../http/parse-body.ts';
import { refusal } from '../errors/openai-error.ts';
import type { NamedModel } from '../model-names.ts';
import { checkFields, type FieldRules, isEmpty, isOneOf, never, unless } from '../request/field-rules.ts';
import { type RequestDraft, steeringFields, steeringNames } from '../request/request-draft.ts';
import { refuseTool, toPlainToolChoice, toResponseFormat, toToolDefinition } from '../request/tool-fields.ts';
import { readChatMessages } from './read-messages.ts';

const useTools = "use 'tools' and 'tool_choice'";

const rules: FieldRules = {
  used: new Set(Object.keys(openAiChatRequestSchema.shape)),
  refused: {
    n: unless(isOneOf(1), 'one answer is given to a request'),
    logprobs: unless(isOneOf(false), 'token probabilities are not known here'),
    top_logprobs: unless(isOneOf(0), 'token probabilities are not known here'),
    logit_bias: unless(isEmpty, 'tokens differ from model to model'),
    audio: never('answers are texts'),
    modalities: unless((value) => Array.isArray(value) && value.every((each) => each === 'text'), 'answers are texts'),
    functions: never(useTools),
    function_call: never(useTools),
    web_search_options: never('searching is up to the model that is chosen'),
  },
  neutral: {
    frequency_penalty: isOneOf(0),
    presence_penalty: isOneOf(0),
    service_tier: isOneOf('auto', 'default'),
    verbosity: isOneOf('medium'),
    // Every run is stored.
    store: isOneOf(true),
    metadata: isEmpty,
  },
};

/** A chat completion's request: as sent, and in our fields. */
export interface ChatRequest {
  readonly body: OpenAiChatRequest;
  readonly draft: RequestDraft;
  /** Names of fields that have no effect. */
  readonly ignored: readonly string[];
}

function readTools(body: OpenAiChatRequest) {
  const tools = body.tools?.map((tool, index) =>
    tool.function ? toToolDefinition(tool.function) : refuseTool(tool.type, ['tools', index]),
  );
  return tools === undefined || tools.length === 0 ? undefined : tools;
}

function readToolChoice(choice: OpenAiChatRequest['tool_choice']) {
  if (choice === null || choice === undefined) return undefined;
  if (typeof choice === 'string') return toPlainToolChoice(choice);
  if (choice.function) return { name: choice.function.name };
  throw refusal('unsupported_value', ['tool_choice', 'type'], `A tool choice of type '${choice.type}' is not supported.`);
}

/** An empty list of stop sequences means none. */
function readStop(stop: OpenAiChatRequest['stop']) {
  if (typeof stop === 'string') return [stop];
  return stop === null || stop === undefined || stop.length === 0 ? undefined : stop;
}

/**
 * Reads the body of `POST /v1/chat/completions`.
 * @param resolveModel - what the name of a model stands for
 * @throws AppError `validation-failed`; OpenAiError for what can't be served
 */
export function readChatRequest(json: JsonBody, resolveModel: (name: string) => NamedModel): ChatRequest {
  const body = parseBody(openAiChatRequestSchema, json);
  const ignored = checkFields(rules, body);
  const tools = readTools(body);
  const { response_format: format } = body;
  const fields = {
    ...resolveModel(body.model),
    ...steeringFields(body),
    tools,
    // OpenAI takes a choice without tools from some clients; there is nothing to choose then.
    toolChoice: tools === undefined ? undefined : readToolChoice(body.tool_choice),
    responseFormat: format ? toResponseFormat(format.type, format.json_schema, ['response_format']) : undefined,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    stop: readStop(body.stop),
    seed: body.seed ?? undefined,
    reasoningEffort: body.reasoning_effort ?? undefined,
  };
  const names = {
    ...steeringNames,
    maxTokens: body.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens',
    topP: 'top_p',
    responseFormat: 'response_format/json_schema',
    toolChoice: 'tool_choice',
    reasoningEffort: 'reasoning_effort',
  };
  const draft = { fields, messages: readChatMessages(body.messages), names, wrappers: { tools: 'function' } };
  return { body, draft, ignored };
}

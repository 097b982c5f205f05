import { type OpenAiResponseRequest, openAiResponseRequestSchema } from '@orchestrator/contracts';
import type { JsonBody } from '../../http/json-body.ts';
import { parseBody } from '../../http/parse-body.ts';
import { refusal } from '../errors/openai-error.ts';
import type { NamedModel } from '../model-names.ts';
import { checkFields, type FieldRules, isOneOf, never, unless } from '../request/field-rules.ts';
import { type RequestDraft, steeringFields, steeringNames } from '../request/request-draft.ts';
import { refuseTool, toPlainToolChoice, toResponseFormat, toToolDefinition } from '../request/tool-fields.ts';
import { type FindAnswer, readInput } from './read-input.ts';

const sendAll = "earlier responses are not continued; send the whole conversation as 'input'";
const asksForLogprobs = (value: unknown) => Array.isArray(value) && value.includes('message.output_text.logprobs');

const rules: FieldRules = {
  used: new Set(Object.keys(openAiResponseRequestSchema.shape).filter((name) => name !== 'store')),
  refused: {
    previous_response_id: never(sendAll),
    conversation: never(sendAll),
    prompt: never("prompts are not kept here; send the text as 'instructions' and 'input'"),
    background: unless(isOneOf(false), 'send the request to /api/ai/generate with Prefer: respond-async'),
    top_logprobs: unless(isOneOf(0), 'token probabilities are not known here'),
    include: unless((value) => !asksForLogprobs(value), 'token probabilities are not known here'),
  },
  neutral: {
    // Every run is stored.
    store: isOneOf(true),
    service_tier: isOneOf('auto', 'default'),
    truncation: isOneOf('disabled'),
  },
};

function readTools(body: OpenAiResponseRequest) {
  const tools = body.tools?.map(({ type, name, ...rest }, index) =>
    type === 'function' && name ? toToolDefinition({ name, ...rest }) : refuseTool(type, ['tools', index]),
  );
  return tools === undefined || tools.length === 0 ? undefined : tools;
}

function readToolChoice(choice: OpenAiResponseRequest['tool_choice']) {
  if (choice === null || choice === undefined) return undefined;
  if (typeof choice === 'string') return toPlainToolChoice(choice);
  if (choice.type === 'function' && choice.name) return { name: choice.name };
  throw refusal('unsupported_value', ['tool_choice', 'type'], `A tool choice of type '${choice.type}' is not supported.`);
}

/**
 * Reads the body of `POST /v1/responses`.
 * @throws AppError `validation-failed`; OpenAiError for what can't be served
 */
export function readResponseRequest(json: JsonBody): { body: OpenAiResponseRequest; ignored: readonly string[] } {
  const body = parseBody(openAiResponseRequestSchema, json);
  return { body, ignored: checkFields(rules, body) };
}

/**
 * A response's request in our fields.
 * @param resolveModel - what the name of a model stands for
 * @throws OpenAiError for what can't be served
 */
export function toDraft(
  body: OpenAiResponseRequest,
  resolveModel: (name: string) => NamedModel,
  findAnswer: FindAnswer,
): RequestDraft {
  const tools = readTools(body);
  const format = body.text?.format;
  const fields = {
    ...resolveModel(body.model),
    ...steeringFields(body),
    tools,
    toolChoice: tools === undefined ? undefined : readToolChoice(body.tool_choice),
    responseFormat: format ? toResponseFormat(format.type, format, ['text', 'format']) : undefined,
    maxTokens: body.max_output_tokens ?? undefined,
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    reasoningEffort: body.reasoning?.effort ?? undefined,
  };
  const names = {
    ...steeringNames,
    maxTokens: 'max_output_tokens',
    topP: 'top_p',
    responseFormat: 'text/format',
    toolChoice: 'tool_choice',
    reasoningEffort: 'reasoning/effort',
  };
  return { fields, messages: readInput(body, findAnswer), names };
}

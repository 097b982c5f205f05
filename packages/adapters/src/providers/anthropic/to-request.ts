import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import type {
  MessageCreateParamsNonStreaming,
  ToolChoice as MessageToolChoice,
  OutputConfig,
  ThinkingConfigParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import type { ReasoningEffort, ToolChoice, ToolDefinition } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import { refusedCall } from '../../failure/refused-call.ts';
import { modelsWithoutPrefill } from './models.ts';
import { toMessages } from './to-messages.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The vendor has no mode for "any JSON object": its schemas name every property. */
const jsonInstruction = 'Answer with one JSON object and nothing else: no other text, no code fence.';

const efforts = { minimal: 'low', low: 'low', medium: 'medium', high: 'high' } as const satisfies Record<
  Exclude<ReasoningEffort, 'none'>,
  OutputConfig['effort']
>;

/** Schemas that are followed exactly may use a part of JSON Schema only; the SDK moves the rest into descriptions. */
function toStrictSchema(call: PreparedCall, schema: Schema, what: string): Record<string, unknown> {
  try {
    return transformJSONSchema({ ...schema });
  } catch (error) {
    throw refusedCall(call, 'Anthropic', `${what} can't be followed: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function toTool(call: PreparedCall, { name, description, parameters, strict }: ToolDefinition): Tool {
  const schema =
    strict === true ? toStrictSchema(call, { type: 'object', ...parameters }, `The schema of tool ${name}`) : parameters;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: { ...schema, type: 'object' },
    ...(strict === true ? { strict: true } : {}),
  };
}

function toToolChoice(choice: ToolChoice): MessageToolChoice {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}

/** A call that must use a tool can't be asked to think before it; its effort still holds. */
function toThinking({ reasoningEffort, tools, toolChoice }: PreparedCall): ThinkingConfigParam | undefined {
  if (reasoningEffort === undefined) return undefined;
  if (reasoningEffort === 'none') return { type: 'disabled' };
  const isForced = tools !== undefined && (toolChoice === 'required' || typeof toolChoice === 'object');
  return isForced ? undefined : { type: 'adaptive', display: 'summarized' };
}

function toOutputConfig(call: PreparedCall): OutputConfig | undefined {
  const { reasoningEffort, responseFormat } = call;
  const effort = reasoningEffort === undefined || reasoningEffort === 'none' ? undefined : efforts[reasoningEffort];
  const schema = responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined;
  if (effort === undefined && schema === undefined) return undefined;
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(schema === undefined
      ? {}
      : { format: { type: 'json_schema', schema: toStrictSchema(call, schema, 'The response schema') } }),
  };
}

/** These two went out of the SDK's types with the models that took them; older models still do. */
interface Sampling {
  readonly temperature?: number;
  readonly top_p?: number;
}

/**
 * `max_tokens` is required by this vendor: the request's, else the default of the model's row.
 * @throws ModelCallError `Provider.InvalidRequest` for what the model is known to answer with 400
 */
export function toMessageRequest(call: PreparedCall): MessageCreateParamsNonStreaming & Sampling {
  if (call.messages.at(-1)?.role === 'assistant' && modelsWithoutPrefill.has(call.row?.model ?? call.model)) {
    throw refusedCall(
      call,
      'Anthropic',
      `${call.model} doesn't continue an answer that was begun for it: the last message must be of the user or a tool.`,
    );
  }
  const instruction = call.responseFormat?.type === 'json' ? [jsonInstruction] : [];
  const system = [...(call.system === undefined ? [] : [call.system]), ...instruction].join('\n\n');
  const thinking = toThinking(call);
  const outputConfig = toOutputConfig(call);
  return {
    model: call.model,
    max_tokens: call.maxTokens,
    ...(system === '' ? {} : { system }),
    messages: toMessages(call.messages),
    ...(call.tools === undefined ? {} : { tools: call.tools.map((tool) => toTool(call, tool)) }),
    ...(call.tools === undefined || call.toolChoice === undefined ? {} : { tool_choice: toToolChoice(call.toolChoice) }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(outputConfig === undefined ? {} : { output_config: outputConfig }),
    ...(call.stop === undefined ? {} : { stop_sequences: [...call.stop] }),
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    ...(call.topP === undefined ? {} : { top_p: call.topP }),
  };
}

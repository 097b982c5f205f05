import type { PreparedCall } from '../../call/prepared-call.ts';
import { toInput } from './input-items.ts';

/**
 * The model searches only with this tool. One step and one tool call bound what a request can cost (see the row's fee); a
 * step still ends with the answer.
 */
const oneSearch = { tools: [{ type: 'web_search' }], max_steps: 1, max_tool_calls: 1 };

/**
 * The caller's own functions, with the search beside them. A choice that is about functions leaves the search out: it would
 * count as the required call, and forbidding it is not what the caller asked for.
 */
function toTools(call: PreparedCall): Readonly<Record<string, unknown>> {
  const { tools, toolChoice } = call;
  if (tools === undefined || toolChoice === 'none') return oneSearch;
  const functions = tools.map(({ name, description, parameters, strict }) => ({
    type: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
    ...(strict === undefined ? {} : { strict }),
  }));
  if (toolChoice === undefined || toolChoice === 'auto') return { tools: [{ type: 'web_search' }, ...functions] };
  return {
    tools: functions,
    tool_choice: toolChoice === 'required' ? 'required' : { type: 'function', name: toolChoice.name },
  };
}

/** The API knows JSON only with a schema. */
function toResponseFormat(format: PreparedCall['responseFormat']): Readonly<Record<string, unknown>> {
  if (format === undefined || format.type === 'text') return {};
  const schema =
    format.type === 'json'
      ? { name: 'answer', schema: { type: 'object' } }
      : {
          name: format.name ?? 'answer',
          schema: format.schema,
          ...(format.strict === undefined ? {} : { strict: format.strict }),
        };
  return { response_format: { type: 'json_schema', json_schema: schema } };
}

/**
 * The request's body. The API refuses unknown fields, so nothing is passed through. `model` is always named: presets and
 * fallback chains of the vendor would answer with models of other prices.
 */
export function toAgentRequest(call: PreparedCall): Readonly<Record<string, unknown>> {
  const { system, temperature, topP, reasoningEffort } = call;
  return {
    model: call.model,
    input: toInput(call.messages),
    ...(system === undefined ? {} : { instructions: system }),
    max_output_tokens: call.maxTokens,
    ...toTools(call),
    ...toResponseFormat(call.responseFormat),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(reasoningEffort === undefined || reasoningEffort === 'none' ? {} : { reasoning: { effort: reasoningEffort } }),
  };
}

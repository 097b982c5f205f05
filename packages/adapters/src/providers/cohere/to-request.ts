import type { PreparedCall } from '../../call/prepared-call.ts';
import { toChatMessages } from './messages.ts';

/** The API can require some call or forbid all; to require a certain one, only that one is offered. */
function toTools({ tools, toolChoice }: PreparedCall): Readonly<Record<string, unknown>> {
  if (tools === undefined) return {};
  const named = typeof toolChoice === 'object' ? toolChoice.name : undefined;
  const offered = named === undefined ? tools : tools.filter((tool) => tool.name === named);
  return {
    tools: offered.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, ...(description === undefined ? {} : { description }), parameters },
    })),
    ...(toolChoice === 'none' ? { tool_choice: 'NONE' } : {}),
    ...(toolChoice === 'required' || named !== undefined ? { tool_choice: 'REQUIRED' } : {}),
    // One switch for all tools.
    ...(offered.some((tool) => tool.strict === true) ? { strict_tools: true } : {}),
  };
}

function toResponseFormat(format: PreparedCall['responseFormat']): Readonly<Record<string, unknown>> {
  if (format === undefined || format.type === 'text') return {};
  return { response_format: { type: 'json_object', ...(format.type === 'json' ? {} : { json_schema: format.schema }) } };
}

/** Ends of the vendor's scale for `p`; 0 and 1 are outside. */
const lowestP = 0.01;
const highestP = 0.99;

/** Effort is a switch here: models that think do so unless told not to. */
function toThinking(effort: PreparedCall['reasoningEffort']): Readonly<Record<string, unknown>> {
  return effort === undefined ? {} : { thinking: { type: effort === 'none' ? 'disabled' : 'enabled' } };
}

/** The body of a call of the native chat API, version 2. */
export function toChatBody(call: PreparedCall): Readonly<Record<string, unknown>> {
  const { temperature, topP, stop, seed } = call;
  return {
    model: call.model,
    messages: toChatMessages(call),
    max_tokens: call.maxTokens,
    ...toTools(call),
    ...toResponseFormat(call.responseFormat),
    ...toThinking(call.reasoningEffort),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { p: Math.min(Math.max(topP, lowestP), highestP) }),
    ...(stop === undefined ? {} : { stop_sequences: stop }),
    ...(seed === undefined ? {} : { seed }),
  };
}

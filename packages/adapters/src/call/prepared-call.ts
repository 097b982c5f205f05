import type {
  ModelMessage,
  ModelRequest,
  NanoUsd,
  ReasoningEffort,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@orchestrator/contracts';
import { estimateInputTokens } from '../catalogue/estimate.ts';
import { findRow } from '../catalogue/find-row.ts';
import type { FilteredParameter, ModelRow } from '../catalogue/model-row.ts';
import { worstCaseOf } from '../catalogue/price.ts';
import type { ProviderDefinition, ProviderSettings } from '../contract.ts';

/** Output limit of models that are in no catalogue, when the request names none. */
export const fallbackMaxTokens = 4096;

/** A request with everything decided: which model, how many tokens, which parameters go out. */
export interface PreparedCall {
  readonly provider: string;
  readonly model: string;
  /** Absent when the model is in no catalogue: then no price is known. */
  readonly row: ModelRow | undefined;
  /** All system texts in one, `systemPrompt` first. */
  readonly system: string | undefined;
  /** Without system messages; `prompt` is the last user message. Never empty. */
  readonly messages: readonly Exclude<ModelMessage, { role: 'system' }>[];
  readonly tools: readonly ToolDefinition[] | undefined;
  readonly toolChoice: ToolChoice | undefined;
  readonly responseFormat: ResponseFormat | undefined;
  readonly maxTokens: number;
  // Each absent when the request has none, or the model rejects it.
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[] | undefined;
  readonly seed: number | undefined;
  readonly reasoningEffort: ReasoningEffort | undefined;
  /** Upper bound, see `estimateInputTokens`. */
  readonly inputTokenBound: number;
  /** `null` when no price is known. */
  readonly worstCaseNanoUsd: NanoUsd | null;
  readonly warnings: readonly string[];
}

/** What holds for all models of a vendor. */
export interface ParameterRules {
  /** Parameters that a model outside the catalogue is known to reject, by the shape of its id. */
  readonly rejectedByUnknownModel?: (model: string) => readonly FilteredParameter[];
  /** End of the vendor's temperature scale. @defaultValue 2 */
  readonly maxTemperature?: number;
}

/** The request's messages in one form, whichever way they were given. */
export function conversationOf(
  request: Pick<ModelRequest, 'prompt' | 'systemPrompt' | 'messages'>,
): Pick<PreparedCall, 'system' | 'messages'> {
  const systems = request.systemPrompt === undefined ? [] : [request.systemPrompt];
  const messages: Exclude<ModelMessage, { role: 'system' }>[] = [];
  for (const message of request.messages ?? []) {
    if (message.role === 'system') systems.push(message.content);
    else messages.push(message);
  }
  if (request.prompt !== undefined) messages.push({ role: 'user', content: request.prompt });
  return { system: systems.length === 0 ? undefined : systems.join('\n\n'), messages };
}

/** The text of the last user message. */
export function lastUserText(messages: PreparedCall['messages']): string {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

export function prepareCall(
  definition: Pick<ProviderDefinition, 'id' | 'models' | 'defaultModel'>,
  settings: ProviderSettings,
  request: ModelRequest,
  rules: ParameterRules = {},
): PreparedCall {
  const model = request.model ?? (settings.defaultModel || definition.defaultModel);
  const row = findRow(definition.models, model);
  const maxTokens = request.maxTokens ?? row?.defaultMaxTokens ?? fallbackMaxTokens;
  const inputTokenBound = estimateInputTokens(request);
  const rejected = (row === undefined ? rules.rejectedByUnknownModel?.(model) : row.rejects) ?? [];
  const warnings: string[] = [];
  let { temperature } = request;
  if (temperature !== undefined && rejected.includes('temperature')) {
    warnings.push(`temperature was left out: ${model} rejects it.`);
    temperature = undefined;
  } else if (temperature !== undefined && rules.maxTemperature !== undefined && temperature > rules.maxTemperature) {
    warnings.push(`temperature was lowered from ${temperature} to ${rules.maxTemperature}, the end of this vendor's scale.`);
    temperature = rules.maxTemperature;
  }
  if (row?.retiresOn !== undefined && Date.parse(row.retiresOn) <= Date.now()) {
    warnings.push(`${model} was retired by its vendor on ${row.retiresOn}.`);
  }
  return {
    provider: definition.id,
    model,
    row,
    ...conversationOf(request),
    tools: request.tools,
    toolChoice: request.toolChoice,
    responseFormat: request.responseFormat,
    maxTokens,
    temperature,
    topP: request.topP,
    stop: request.stop,
    seed: request.seed,
    reasoningEffort: request.reasoningEffort,
    inputTokenBound,
    worstCaseNanoUsd: row === undefined ? null : worstCaseOf(row, inputTokenBound, maxTokens),
    warnings,
  };
}

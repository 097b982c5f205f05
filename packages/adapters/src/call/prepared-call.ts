import type {
  ModelMessage,
  ModelRequest,
  NanoUsd,
  ReasoningEffort,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@orchestrator/contracts';
import { expectedCostOf, sizeOfInput } from '../catalogue/estimate.ts';
import { findRow } from '../catalogue/find-row.ts';
import type { ModelRow } from '../catalogue/model-row.ts';
import type { ParameterRules } from '../catalogue/parameter-rules.ts';
import { worstCaseOf } from '../catalogue/price.ts';
import { type Pricing, pricingOf } from '../catalogue/pricing.ts';
import { retirementOf } from '../catalogue/retirement.ts';
import type { ProviderDefinition, ProviderSettings } from '../contract.ts';
import { filterParameters } from './filter-parameters.ts';
import { findUnsupported, type Unsupported } from './unsupported.ts';

export type { ParameterRules } from '../catalogue/parameter-rules.ts';

/** Output limit of models that are in no catalogue, when the request names none. */
export const fallbackMaxTokens = 4096;

/** A request with everything decided: which model, how many tokens, which parameters go out. */
export interface PreparedCall {
  readonly provider: string;
  readonly model: string;
  /** Absent when the model is in no catalogue: then nothing is known of what it can do. */
  readonly row: ModelRow | undefined;
  /** Absent when no price is known. */
  readonly pricing: Pricing | undefined;
  /** All system texts in one, `systemPrompt` first. */
  readonly system: string | undefined;
  /** Without system messages; `prompt` is the last user message. Never empty. */
  readonly messages: readonly Exclude<ModelMessage, { role: 'system' }>[];
  readonly tools: readonly ToolDefinition[] | undefined;
  /** Absent for plain text. */
  readonly responseFormat: ResponseFormat | undefined;
  readonly maxTokens: number;
  // Each absent when the request has none, or the model rejects it.
  readonly toolChoice: ToolChoice | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[] | undefined;
  readonly seed: number | undefined;
  readonly reasoningEffort: ReasoningEffort | undefined;
  /** Upper bound, see `estimateInputTokens`. */
  readonly inputTokenBound: number;
  /** The most the call can cost; `null` when no price is known. */
  readonly worstCaseNanoUsd: NanoUsd | null;
  /** What it will probably cost, see `expectedCostOf`; `null` when no price is known. */
  readonly expectedNanoUsd: NanoUsd | null;
  /** Why the model can't serve the request: such a call is refused before it is sent. Empty when nothing is known of the model. */
  readonly unsupported: readonly Unsupported[];
  readonly warnings: readonly string[];
}

/** The request's messages in one form, whichever way they were given. Instructions alone are the user's: most vendors refuse them otherwise. */
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
  const system = systems.join('\n\n');
  if (messages.length === 0) return { system: undefined, messages: [{ role: 'user', content: system }] };
  return { system: systems.length === 0 ? undefined : system, messages };
}

/** The text of the last user message. */
export function lastUserText(messages: PreparedCall['messages']): string {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/**
 * Decides everything about a call before it is made: model, output limit, what the model's row and the vendor's rules leave of the
 * parameters, what stands against the call, and what it can cost. No I/O.
 * @throws RangeError for what no validated request has: schemas nested too deeply to be written out, `maxTokens` with decimals
 */
export function prepareCall(
  definition: Pick<ProviderDefinition, 'id' | 'models' | 'defaultModel' | 'rules' | 'priceLibraryId'>,
  settings: ProviderSettings,
  request: ModelRequest,
  rules: ParameterRules = definition.rules ?? {},
): PreparedCall {
  const model = request.model ?? (settings.defaultModel || definition.defaultModel);
  const row = findRow(definition.models, model);
  const maxTokens = request.maxTokens ?? row?.defaultMaxTokens ?? fallbackMaxTokens;
  const { boundTokens } = sizeOfInput(request);
  const pricing = pricingOf(definition, model, row);
  const { parameters, warnings } = filterParameters({ model, row, rules }, request);
  return {
    provider: definition.id,
    model,
    row,
    pricing,
    ...conversationOf(request),
    tools: request.tools,
    responseFormat: request.responseFormat?.type === 'text' ? undefined : request.responseFormat,
    maxTokens,
    ...parameters,
    inputTokenBound: boundTokens,
    worstCaseNanoUsd: pricing === undefined ? null : worstCaseOf(pricing.prices, boundTokens, maxTokens),
    expectedNanoUsd: pricing === undefined ? null : expectedCostOf(pricing.prices, request, maxTokens),
    unsupported: findUnsupported({ model, row, rules }, request),
    warnings: [...warnings, ...retirementWarning(model, row)],
  };
}

function retirementWarning(model: string, row: ModelRow | undefined): string[] {
  if (row === undefined || retirementOf(row, Date.now()) !== 'retired') return [];
  return [`${model} was retired by its vendor on ${row.retiresOn}.`];
}

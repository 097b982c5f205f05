import type { ModelRequest, NanoUsd } from '@orchestrator/contracts';
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
  readonly prompt: string;
  readonly systemPrompt: string | undefined;
  readonly maxTokens: number;
  /** Absent when the model rejects it. */
  readonly temperature: number | undefined;
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
    prompt: request.prompt,
    systemPrompt: request.systemPrompt,
    maxTokens,
    temperature,
    inputTokenBound,
    worstCaseNanoUsd: row === undefined ? null : worstCaseOf(row, inputTokenBound, maxTokens),
    warnings,
  };
}

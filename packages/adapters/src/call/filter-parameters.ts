import type { ModelRequest, ReasoningEffort } from '@orchestrator/contracts';
import type { FilteredParameter, ModelRow } from '../catalogue/model-row.ts';
import type { ParameterRules } from '../catalogue/parameter-rules.ts';

/** What is left of a request's parameters for one model; `undefined` when there was none or it was left out. */
export interface FilteredParameters {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[] | undefined;
  readonly seed: number | undefined;
  readonly reasoningEffort: ReasoningEffort | undefined;
  readonly toolChoice: ModelRequest['toolChoice'] | undefined;
}

interface Target {
  readonly model: string;
  readonly row: ModelRow | undefined;
  readonly rules: ParameterRules;
}

const filtered = ['temperature', 'topP', 'stop', 'seed', 'reasoningEffort', 'toolChoice'] as const satisfies FilteredParameter[];

function rejectedBy({ model, row, rules }: Target): readonly FilteredParameter[] {
  return (row === undefined ? rules.rejectedByUnknownModel?.(model) : row.rejects) ?? [];
}

function limitTemperature(asked: number | undefined, rules: ParameterRules, warnings: string[]): number | undefined {
  const { maxTemperature } = rules;
  if (asked === undefined || maxTemperature === undefined || asked <= maxTemperature) return asked;
  warnings.push(`temperature was lowered from ${asked} to ${maxTemperature}, the end of this vendor's scale.`);
  return maxTemperature;
}

function fitEffort(target: Target, request: ModelRequest, asked: ReasoningEffort | undefined, warnings: string[]) {
  const { model, row, rules } = target;
  const needed =
    request.tools === undefined
      ? undefined
      : row === undefined
        ? rules.toolEffortOfUnknownModel?.(model)
        : row.toolsNeedReasoningEffort;
  if (needed !== undefined) {
    if (asked !== needed) warnings.push(`reasoningEffort was set to ${needed}: ${model} takes tools with no other.`);
    return needed;
  }
  if (asked === undefined || row === undefined) return asked;
  if (row.reasoningEfforts === undefined ? row.capabilities.includes('reasoning') : row.reasoningEfforts.includes(asked))
    return asked;
  const known = row.reasoningEfforts?.join(', ') || 'none at all';
  // A model that can't reason does what `none` asks for.
  if (asked !== 'none' || row.capabilities.includes('reasoning'))
    warnings.push(`reasoningEffort ${asked} was left out: ${model} takes ${known}.`);
  return undefined;
}

/** Leaves out what the model rejects and fits what it takes in another form; every change is a warning. */
export function filterParameters(
  target: Target,
  request: ModelRequest,
): { readonly parameters: FilteredParameters; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const rejected = new Set<FilteredParameter>();
  const rejectedByModel = rejectedBy(target);
  for (const name of filtered) {
    if (request[name] === undefined || !rejectedByModel.includes(name)) continue;
    rejected.add(name);
    warnings.push(`${name} was left out: ${target.model} rejects it.`);
  }
  if (request.toolChoice !== undefined && request.tools === undefined && !rejected.has('toolChoice')) {
    rejected.add('toolChoice');
    warnings.push('toolChoice was left out: the request has no tools.');
  }
  const kept = <Name extends FilteredParameter>(name: Name): ModelRequest[Name] | undefined =>
    rejected.has(name) ? undefined : request[name];
  return {
    parameters: {
      temperature: limitTemperature(kept('temperature'), target.rules, warnings),
      topP: kept('topP'),
      stop: kept('stop'),
      seed: kept('seed'),
      reasoningEffort: fitEffort(target, request, kept('reasoningEffort'), warnings),
      toolChoice: kept('toolChoice'),
    },
    warnings,
  };
}

import { jsonPointer, nanoUsdFromUsd, type StepDefinition, type StepOf, type WorkflowDefinition } from '@orchestrator/contracts';
import type { CompiledTemplates } from '../template/templates.ts';
import type { DocumentPath } from './document.ts';
import type { CompiledExpressions } from './expressions.ts';
import { flowOf } from './flow.ts';
import { messageTexts } from './message-texts.ts';
import type { MessageTemplate, PlannedStep, WorkflowPlan } from './plan.ts';
import { resolveRetry } from './retry.ts';

const defaultRunTimeoutMs = 86_400_000;
export const defaultStepTimeoutMs = 120_000;

/** Puts a checked definition and its compiled expressions together. */
export function buildPlan(definition: WorkflowDefinition, expressions: CompiledExpressions): WorkflowPlan {
  const flow = flowOf(definition.steps.map(({ id, onSuccess = null, onFailure = null }) => ({ id, onSuccess, onFailure })));
  const steps = definition.steps.map((step, index): readonly [string, PlannedStep] => {
    const next = flow.next[index];
    if (next === undefined) throw new TypeError('the flow has a place for every step');
    return [step.id, planStep(step, index, next, definition, expressions)];
  });
  const entry = definition.steps[flow.entry]?.id;
  if (entry === undefined) throw new TypeError('a checked definition has a step');
  return {
    name: definition.name,
    version: definition.version ?? 1,
    timeoutMs: definition.timeoutMs ?? defaultRunTimeoutMs,
    ...(definition.maxCostUSD !== undefined && { maxCostNanoUsd: nanoUsdFromUsd(definition.maxCostUSD) }),
    entry,
    steps: new Map(steps),
  };
}

function messageTemplates(
  messages: StepOf<'generate'>['input']['messages'],
  compiledAt: (path: DocumentPath) => CompiledTemplates | undefined,
): { readonly messages?: readonly MessageTemplate[] } {
  const found = messageTexts(messages).flatMap(({ message, part, path }) => {
    const template = compiledAt(path);
    return template === undefined ? [] : [{ message, part, template }];
  });
  return found.length === 0 ? {} : { messages: found };
}

function planStep(
  step: StepDefinition,
  index: number,
  next: PlannedStep['next'],
  { defaults }: WorkflowDefinition,
  { templates, conditions }: CompiledExpressions,
): PlannedStep {
  const compiled = <Key extends string>(...path: readonly [...string[], Key]): { readonly [K in Key]?: CompiledTemplates } => {
    const found = templates.get(jsonPointer(['steps', index, ...path]));
    return found === undefined ? {} : ({ [path.at(-1) as Key]: found } as { readonly [K in Key]?: CompiledTemplates });
  };
  const required = (...path: readonly string[]): CompiledTemplates => {
    const found = templates.get(jsonPointer(['steps', index, ...path]));
    if (found === undefined) throw new TypeError(`${path.join('.')} of a checked step is compiled`);
    return found;
  };
  const condition =
    conditions.get(jsonPointer(['steps', index, 'when'])) ?? conditions.get(jsonPointer(['steps', index, 'condition']));
  const common = { id: step.id, index, ...(condition !== undefined && { condition }), next };
  // The workflow's defaults are for work that goes outside: trying a pure computation again gives the same again.
  const inner = {
    ...common,
    retry: resolveRetry(step.retry, undefined),
    hasRetry: step.retry !== undefined,
    timeoutMs: step.timeoutMs ?? defaultStepTimeoutMs,
  };
  switch (step.action) {
    case 'generate': {
      const provider = step.provider ?? defaults?.provider;
      // A default model belongs to the default provider.
      const model =
        step.model ?? (step.provider === undefined || step.provider === defaults?.provider ? defaults?.model : undefined);
      return {
        ...common,
        action: step.action,
        definition: step,
        retry: resolveRetry(step.retry, defaults?.retry),
        hasRetry: step.retry !== undefined || defaults?.retry !== undefined,
        timeoutMs: step.timeoutMs ?? defaults?.timeoutMs ?? defaultStepTimeoutMs,
        ...(provider !== undefined && { provider }),
        ...(model !== undefined && { model }),
        templates: {
          ...compiled('input', 'prompt'),
          ...compiled('input', 'systemPrompt'),
          ...compiled('input', 'maxTokens'),
          ...compiled('input', 'temperature'),
          ...compiled('input', 'seed'),
          ...compiled('input', 'topP'),
          ...messageTemplates(step.input.messages, (path) => templates.get(jsonPointer(['steps', index, 'input', ...path]))),
        },
      };
    }
    case 'delay':
      return { ...inner, action: step.action, definition: step, templates: { ...compiled('delayMs'), ...compiled('until') } };
    case 'transform':
      return { ...inner, action: step.action, definition: step, templates: { set: required('set') } };
    case 'fail':
      return { ...inner, action: step.action, definition: step, templates: { ...compiled('message') } };
    case 'noop':
      return { ...inner, action: step.action, definition: step, templates: {} };
  }
}

import { generateInputSchema, type JsonObject, type JsonValue, type ModelRequest } from '@orchestrator/contracts';
import type { PlannedStep } from '../definition/plan.ts';
import { StepFailure, stepError } from '../step-failure.ts';
import type { TemplateScope } from '../template/scope.ts';
import { type CompiledTemplates, renderTemplates } from '../template/templates.ts';
import type { Action } from './action.ts';

function numeric(value: JsonValue): JsonValue {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

function text(value: JsonValue): JsonValue {
  return typeof value === 'object' || typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : value;
}

function renderInput({ templates }: Extract<PlannedStep, { action: 'generate' }>, scope: TemplateScope): JsonObject {
  const input: Record<string, JsonValue> = {};
  const fill = (name: string, template: CompiledTemplates | undefined, convert: (value: JsonValue) => JsonValue): void => {
    if (template !== undefined) input[name] = convert(renderTemplates(template, scope));
  };
  fill('prompt', templates.prompt, text);
  fill('systemPrompt', templates.systemPrompt, text);
  fill('maxTokens', templates.maxTokens, numeric);
  fill('temperature', templates.temperature, numeric);
  return input;
}

/** One model call. The output is the answer's text. */
export const generateAction: Action = {
  name: 'generate',
  prepare(step, { runKind, runInput, scope }) {
    if (step.action !== 'generate') throw new TypeError(`not a generate step: ${step.id}`);
    // A generate request is taken literally: its prompt may contain braces.
    if (runKind === 'generate') return { type: 'model', input: runInput, request: runInput as unknown as ModelRequest };
    const input = renderInput(step, scope);
    const parsed = generateInputSchema.safeParse(input);
    if (!parsed.success) {
      const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      throw new StepFailure(stepError('Step.SchemaInvalid', `The rendered input is not valid: ${reasons}`, { retryable: false }));
    }
    const { prompt, systemPrompt, maxTokens, temperature } = parsed.data;
    const request: ModelRequest = {
      prompt,
      ...(systemPrompt !== undefined && { systemPrompt }),
      ...(maxTokens !== undefined && { maxTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(step.provider !== undefined && { provider: step.provider }),
      ...(step.model !== undefined && { model: step.model }),
    };
    return { type: 'model', input, request };
  },
};

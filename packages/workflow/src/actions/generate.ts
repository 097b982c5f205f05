import {
  type GenerateInput,
  generateInputSchema,
  type JsonObject,
  type JsonValue,
  type ModelRequest,
  type StepOf,
} from '@orchestrator/contracts';
import type { MessageTemplate, PlannedStep } from '../definition/plan.ts';
import { StepFailure, stepError } from '../step-failure.ts';
import type { TemplateScope } from '../template/scope.ts';
import { type CompiledTemplates, renderTemplates } from '../template/templates.ts';
import type { Action } from './action.ts';

type GenerateStep = Extract<PlannedStep, { action: 'generate' }>;
type Messages = NonNullable<StepOf<'generate'>['input']['messages']>;

function numeric(value: JsonValue): JsonValue {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

function text(value: JsonValue): JsonValue {
  return typeof value === 'object' || typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : value;
}

/** The messages with their templates filled in. What is no template is taken over as it is. */
function renderMessages(messages: Messages, templates: readonly MessageTemplate[], scope: TemplateScope): JsonValue {
  const rendered = structuredClone(messages) as unknown as { content?: JsonValue | { text?: JsonValue }[] }[];
  for (const { message, part, template } of templates) {
    const target = rendered[message];
    if (target === undefined) continue;
    const value = text(renderTemplates(template, scope));
    if (part === null) target.content = value;
    else {
      const piece = Array.isArray(target.content) ? target.content[part] : undefined;
      if (typeof piece === 'object' && piece !== null && !Array.isArray(piece)) Object.assign(piece, { text: value });
    }
  }
  return rendered as JsonValue;
}

function renderInput({ definition, templates }: GenerateStep, scope: TemplateScope): JsonObject {
  const { messages, tools, toolChoice, responseFormat, reasoningEffort, stop } = definition.input;
  const literal = { tools, toolChoice, responseFormat, reasoningEffort, stop };
  const input: Record<string, JsonValue> = {};
  const fill = (name: string, template: CompiledTemplates | undefined, convert: (value: JsonValue) => JsonValue): void => {
    if (template !== undefined) input[name] = convert(renderTemplates(template, scope));
  };
  fill('prompt', templates.prompt, text);
  fill('systemPrompt', templates.systemPrompt, text);
  if (messages !== undefined) input.messages = renderMessages(messages, templates.messages ?? [], scope);
  for (const [name, template] of Object.entries({
    maxTokens: templates.maxTokens,
    temperature: templates.temperature,
    seed: templates.seed,
    topP: templates.topP,
  })) {
    fill(name, template, numeric);
  }
  for (const [name, value] of Object.entries(literal)) if (value !== undefined) input[name] = value as JsonValue;
  return input;
}

function requestOf(step: GenerateStep, input: GenerateInput): ModelRequest {
  const { prompt, systemPrompt, maxTokens, temperature, messages } = input;
  const { tools, toolChoice, responseFormat, reasoningEffort, stop, seed, topP } = input;
  const { routing, requires, fallbacks } = step.definition;
  const fields = {
    ...{ prompt, systemPrompt, maxTokens, temperature, messages },
    ...{ tools, toolChoice, responseFormat, reasoningEffort, stop, seed, topP },
    ...{ provider: step.provider, model: step.model, routing, requires, fallbacks },
  };
  // Absent fields stay absent: the schema's type allows `undefined` in them, a request doesn't.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ModelRequest;
}

/** One model call. The output is the answer's text. */
export const generateAction: Action = {
  name: 'generate',
  prepare(step, { runKind, runInput, scope }) {
    if (step.action !== 'generate') throw new TypeError(`not a generate step: ${step.id}`);
    if (runKind === 'generate') {
      // A generate request is taken literally: its prompt may contain braces. `explain` is about the answer, not the call.
      const { explain: _, ...request } = runInput as JsonObject;
      // The step keeps no copy of what its run holds: with images that is megabytes in each commit and each read.
      return { type: 'model', input: null, request: request as unknown as ModelRequest };
    }
    const input = renderInput(step, scope);
    const parsed = generateInputSchema.safeParse(input);
    if (!parsed.success) {
      const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      throw new StepFailure(stepError('Step.SchemaInvalid', `The rendered input is not valid: ${reasons}`, { retryable: false }));
    }
    return { type: 'model', input, request: requestOf(step, parsed.data) };
  },
};

import {
  type FunctionCallingConfig,
  FunctionCallingMode,
  type FunctionDeclaration,
  type GenerateContentRequest,
} from '@google/generative-ai';
import type { ToolChoice, ToolDefinition } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import { refusedCall } from '../../failure/refused-call.ts';
import { toGenerationConfig } from './generation-config.ts';
import { toContents } from './to-contents.ts';

/** The SDK's type has `parameters` in a dialect of its own; the API takes JSON Schema under this name. */
interface JsonSchemaDeclaration extends FunctionDeclaration {
  parametersJsonSchema?: Readonly<Record<string, unknown>>;
}

/** The model is a part of the URL's path. */
const modelPath = /^(?:(?:models|tunedModels)\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/;

function toDeclaration({ name, description, parameters }: ToolDefinition): JsonSchemaDeclaration {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    parametersJsonSchema: { type: 'object', ...parameters },
  };
}

function toFunctionCalling(choice: ToolChoice): FunctionCallingConfig {
  if (typeof choice === 'object') return { mode: FunctionCallingMode.ANY, allowedFunctionNames: [choice.name] };
  const modes = { auto: FunctionCallingMode.AUTO, none: FunctionCallingMode.NONE, required: FunctionCallingMode.ANY };
  return { mode: modes[choice] };
}

/** @throws ModelCallError `Provider.InvalidRequest` for what the vendor can't take */
export function toContentRequest(call: PreparedCall): GenerateContentRequest {
  if (!modelPath.test(call.model))
    throw refusedCall(call, 'Google Gemini', 'the model id has characters that no id of this vendor has.');
  const { system, tools, toolChoice } = call;
  return {
    contents: toContents(call),
    ...(system === undefined ? {} : { systemInstruction: system }),
    ...(tools === undefined ? {} : { tools: [{ functionDeclarations: tools.map(toDeclaration) }] }),
    ...(tools === undefined || toolChoice === undefined
      ? {}
      : { toolConfig: { functionCallingConfig: toFunctionCalling(toolChoice) } }),
    generationConfig: toGenerationConfig(call),
  };
}

import type { ResponseFormat, ToolDefinition } from '@orchestrator/contracts';
import { omitUndefined } from '../../omit-undefined.ts';
import { type ParamPath, refusal } from '../errors/openai-error.ts';

interface FunctionFields {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: Record<string, unknown> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** A function without parameters may be given without a schema. */
const noParameters = { type: 'object', properties: {} } as const;

export function toToolDefinition({ name, description, parameters, strict }: FunctionFields): ToolDefinition {
  return omitUndefined({
    name,
    description: description ?? undefined,
    parameters: parameters ?? noParameters,
    strict: strict ?? undefined,
  });
}

/** @throws OpenAiError `unsupported_value` for tools that a vendor would run itself */
export function refuseTool(type: string, path: ParamPath): never {
  throw refusal('unsupported_value', [...path, 'type'], `Tools of type '${type}' are not supported; only functions are.`);
}

const plainChoices: ReadonlySet<string> = new Set(['auto', 'none', 'required']);

/** @throws OpenAiError `unsupported_value` */
export function toPlainToolChoice(choice: string): 'auto' | 'none' | 'required' {
  if (plainChoices.has(choice)) return choice as 'auto' | 'none' | 'required';
  throw refusal('unsupported_value', ['tool_choice'], `'tool_choice' must be auto, none, required or a function.`);
}

interface JsonSchemaFields {
  readonly name?: string | null | undefined;
  readonly schema?: Record<string, unknown> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/**
 * The form of an answer. A JSON Schema that is left out means any JSON.
 * @param path - where the format stands in the body
 * @throws OpenAiError `unsupported_value`
 */
export function toResponseFormat(type: string, format: JsonSchemaFields | null | undefined, path: ParamPath): ResponseFormat {
  if (type === 'text') return { type: 'text' };
  if (type === 'json_object') return { type: 'json' };
  if (type !== 'json_schema') {
    throw refusal(
      'unsupported_value',
      [...path, 'type'],
      `The format '${type}' is not supported; text, json_object and json_schema are.`,
    );
  }
  if (format?.schema == null) return { type: 'json' };
  return omitUndefined({
    type: 'json-schema' as const,
    name: format.name ?? undefined,
    schema: format.schema,
    strict: format.strict ?? undefined,
  });
}

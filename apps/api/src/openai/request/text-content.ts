import { type ParamPath, refusal } from '../errors/openai-error.ts';

interface Part {
  readonly type: string;
  readonly text?: string | null | undefined;
  readonly refusal?: unknown;
}

const textTypes: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text', 'summary_text']);

/**
 * The text of a message that can hold nothing else. A model's refusal is text that it wrote.
 * @throws OpenAiError `unsupported_value` for parts that are no text
 */
export function toText(content: string | readonly Part[] | null | undefined, path: ParamPath): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content
    .map((part, index) => {
      if (textTypes.has(part.type)) return part.text ?? '';
      if (part.type === 'refusal' && typeof part.refusal === 'string') return part.refusal;
      throw refusal('unsupported_value', [...path, index, 'type'], `A part of type '${part.type}' is not supported here.`);
    })
    .join('');
}

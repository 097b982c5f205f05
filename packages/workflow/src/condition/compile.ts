import { Environment, ParseError } from '@marcbachmann/cel-js';
import { compileTemplate } from '../template/template.ts';
import type { Condition } from './condition.ts';
import { ConditionConverter, ConditionFault } from './convert.ts';
import { conditionLimits } from './limits.ts';

type CompileConditionResult =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly message: string /** Offset into the source, in UTF-16 units. */; readonly offset?: number };

/** Only parses: names, functions and types are checked by the converter. */
const parser = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: conditionLimits.nodes, maxDepth: conditionLimits.depth },
});

/**
 * Compiles a condition: a CEL expression that gives a boolean as far as its types are known, or a single `{{path}}`.
 * @param source - at most 4,096 characters
 */
export function compileCondition(source: string): CompileConditionResult {
  if (typeof source !== 'string') return { ok: false, message: 'must be a string' };
  if (source.length > conditionLimits.sourceChars)
    return { ok: false, message: `is longer than ${conditionLimits.sourceChars} characters` };
  const trimmed = source.trim();
  if (trimmed === '') return { ok: false, message: 'is empty' };
  if (trimmed.startsWith('{{') && trimmed.endsWith('}}') && trimmed.indexOf('{{', 2) === -1) return compilePath(source, trimmed);
  try {
    const { node, references } = new ConditionConverter(source).convert(parser.parse(source).ast);
    return { ok: true, condition: { source, body: { type: 'cel', node }, references } };
  } catch (error) {
    if (error instanceof ConditionFault) return { ok: false, message: error.message, offset: error.offset };
    if (error instanceof ParseError) return parseFailure(error, source);
    throw error;
  }
}

function compilePath(source: string, trimmed: string): CompileConditionResult {
  const result = compileTemplate(trimmed);
  if (!result.ok) return result;
  const { template } = result;
  if (template.single === null) return { ok: false, message: 'a condition in {{ }} is a single path' };
  return { ok: true, condition: { source, body: { type: 'path', template }, references: template.references } };
}

function parseFailure(error: ParseError, source: string): CompileConditionResult {
  const hint = source.includes('{{') ? '; in a condition paths are written without {{ }}' : '';
  const message = `is not a valid CEL expression: ${error.summary}${hint}`;
  return { ok: false, message, ...(error.range !== undefined && { offset: error.range.start }) };
}

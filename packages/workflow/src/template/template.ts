import Handlebars from 'handlebars';
import { CompileFault } from './compile-expression.ts';
import { TemplateCompiler } from './compile-nodes.ts';
import { templateLimits } from './limits.ts';
import type { Template } from './nodes.ts';
import { scanTemplate, type TemplateFault } from './scan.ts';

type CompileTemplateResult = ({ readonly ok: false } & TemplateFault) | { readonly ok: true; readonly template: Template };

/** Says in one line what Handlebars' parser says in four. */
function syntaxMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const got = /^(?:Parse|Lexical) error on line (\d+)[\s\S]*?(?:got '(\w+)')?$/.exec(text);
  if (got === null) return text.split('\n', 1).join('').slice(0, 200);
  const hints: Readonly<Record<string, string>> = {
    NUMBER: '; a list item is written items.[0]',
    INVALID: '; write \\{{ for literal braces',
    EOF: '; a tag or block is not closed',
  };
  const token = got[2] ?? 'text';
  return `is not a valid template: unexpected ${token} on line ${got[1]}${hints[token] ?? ''}`;
}

/**
 * Compiles a template: Handlebars syntax, reduced to paths, `#if`, `#unless`, `#each`, `#with` and the helpers of this package.
 * @param source - at most 16,384 characters, unless it has no `{{` at all
 */
export function compileTemplate(source: string): CompileTemplateResult {
  if (typeof source !== 'string') return { ok: false, message: 'must be a string' };
  if (!source.includes('{{'))
    return { ok: true, template: { source, nodes: [{ type: 'text', text: source }], single: null, references: [] } };
  if (source.length > templateLimits.sourceChars)
    return { ok: false, message: `is longer than ${templateLimits.sourceChars} characters` };
  const { fault } = scanTemplate(source);
  if (fault !== null) return { ok: false, ...fault };
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    return { ok: false, message: syntaxMessage(error) };
  }
  try {
    return { ok: true, template: new TemplateCompiler(source).compile(program) };
  } catch (error) {
    if (error instanceof CompileFault) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

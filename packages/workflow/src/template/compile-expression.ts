import { type HelperName, helpers, isHelperName } from './helpers.ts';
import { templateLimits } from './limits.ts';
import type { ExpressionNode, LoopVariable, PathBase, PathNode, PathReference } from './nodes.ts';

/** A construct that is not part of the language. */
export class CompileFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const loopVariables: readonly string[] = ['index', 'key', 'first', 'last'] satisfies LoopVariable[];

/** Whether a path was written `this`, `this.x`, `.` or `./x`; a field in brackets that is called "this" is not meant. */
function isFromThis({ original, parts }: hbs.AST.PathExpression): boolean {
  return /^(this|\.)($|[./])/.test(original) && parts[0] !== 'this';
}

/** Compiles the expressions of one template and keeps count of nodes, depth and the names that blocks bring in. */
export class ExpressionCompiler {
  readonly references: PathReference[] = [];
  readonly #lineStarts: readonly number[];
  /** Block parameters of the open `#each` and `#with`, outermost first. */
  readonly #items: (readonly string[])[] = [];
  #nodes = 0;
  #depth = 0;

  constructor(source: string) {
    this.#lineStarts = [0, ...Array.from(source.matchAll(/\r\n?|\n/g), (end) => end.index + end[0].length)];
  }

  fault(node: hbs.AST.Node, message: string): CompileFault {
    return new CompileFault(message, this.#offset(node));
  }

  count(node: hbs.AST.Node): void {
    this.#nodes += 1;
    if (this.#nodes > templateLimits.nodes) throw this.fault(node, `has more than ${templateLimits.nodes} parts`);
  }

  enter(node: hbs.AST.Node): void {
    this.#depth += 1;
    if (this.#depth > templateLimits.depth) throw this.fault(node, `is nested more than ${templateLimits.depth} deep`);
  }

  leave(): void {
    this.#depth -= 1;
  }

  pushItem(parameters: readonly string[]): void {
    this.#items.push(parameters);
  }

  popItem(): void {
    this.#items.pop();
  }

  refuseHash(hash: hbs.AST.Hash | undefined): void {
    const [pair] = hash?.pairs ?? [];
    if (pair !== undefined) throw this.fault(pair, `named parameters (${pair.key}=) are not available`);
  }

  /** The inside of `{{ }}`: a path, or a helper with parameters. */
  tag(tag: hbs.AST.MustacheStatement | hbs.AST.SubExpression): ExpressionNode {
    const { path } = tag;
    if (path.type !== 'PathExpression') throw this.fault(tag, 'a constant can not stand alone between {{ }}');
    const expression = path as hbs.AST.PathExpression;
    if (tag.params.length === 0 && (tag.hash?.pairs ?? []).length === 0 && tag.type !== 'SubExpression')
      return this.#path(expression);
    this.refuseHash(tag.hash);
    const name = expression.original;
    if (!isHelperName(name)) throw this.fault(tag, `there is no helper "${name}"; there are ${Object.keys(helpers).join(', ')}`);
    return this.#call(tag, name);
  }

  /** A parameter of a helper or block. */
  parameter(node: hbs.AST.Expression): ExpressionNode {
    this.count(node);
    switch (node.type) {
      case 'PathExpression':
        return this.#path(node as hbs.AST.PathExpression);
      case 'SubExpression':
        return this.tag(node as hbs.AST.SubExpression);
      case 'StringLiteral':
        return { type: 'literal', value: (node as hbs.AST.StringLiteral).value };
      case 'NumberLiteral':
        return { type: 'literal', value: Number((node as hbs.AST.NumberLiteral).value) };
      case 'BooleanLiteral':
        return { type: 'literal', value: (node as hbs.AST.BooleanLiteral).value };
      case 'NullLiteral':
        return { type: 'literal', value: null };
      default:
        throw this.fault(node, 'is not a value; write null instead of undefined');
    }
  }

  #call(tag: hbs.AST.MustacheStatement | hbs.AST.SubExpression, helper: HelperName): ExpressionNode {
    const { minParameters, maxParameters } = helpers[helper];
    if (tag.params.length < minParameters || tag.params.length > maxParameters) {
      const wanted = minParameters === maxParameters ? `${minParameters}` : `${minParameters} to ${maxParameters}`;
      throw this.fault(tag, `${helper} takes ${wanted} values`);
    }
    this.enter(tag);
    const parameters = tag.params.map((parameter) => this.parameter(parameter));
    this.leave();
    return { type: 'call', helper, parameters };
  }

  #path(path: hbs.AST.PathExpression): ExpressionNode {
    const { parts, original } = path;
    if (path.data) return this.#dataPath(path);
    if (path.depth > 0 || isFromThis(path)) return this.#relativePath(path, path.depth);
    const [head = ''] = parts;
    const level = this.#items.findLastIndex((names) => names.includes(head));
    if (level !== -1) {
      const which = this.#items[level]?.[0] === head ? 'item' : 'key';
      return {
        type: 'path',
        base: { type: 'parameter', up: this.#items.length - 1 - level, which },
        parts: parts.slice(1),
        text: original,
      };
    }
    return this.#rootedPath(path, this.#items.length === 0 ? { type: 'root' } : { type: 'item-or-root' }, parts);
  }

  /** `this`, `./x`, `../x`: one level up per `..`, past the outermost block to the roots. */
  #relativePath(path: hbs.AST.PathExpression, up: number): PathNode {
    if (up > this.#items.length) throw this.fault(path, `"${path.original}" goes up further than there are blocks`);
    if (up < this.#items.length) return { type: 'path', base: { type: 'item', up }, parts: path.parts, text: path.original };
    if (path.parts.length === 0) throw this.fault(path, `"${path.original}" stands for nothing outside of #each and #with`);
    return this.#rootedPath(path, { type: 'root' }, path.parts);
  }

  #dataPath(path: hbs.AST.PathExpression): ExpressionNode {
    const [name = '', ...rest] = path.parts;
    if (path.depth > 0) throw this.fault(path, '@../ is not available; name the item with "as |item key|"');
    if (name === 'root' && rest.length > 0) return this.#rootedPath(path, { type: 'root' }, rest);
    if (!loopVariables.includes(name) || rest.length > 0) {
      throw this.fault(path, `there is no ${path.original}; there are @index, @key, @first, @last and @root.<path>`);
    }
    if (this.#items.length === 0) throw this.fault(path, `${path.original} is only available inside #each`);
    return { type: 'loop-variable', name: name as LoopVariable };
  }

  #rootedPath(path: hbs.AST.PathExpression, base: PathBase, parts: readonly string[]): PathNode {
    if (base.type === 'root') this.references.push({ parts, offset: this.#offset(path) });
    return { type: 'path', base, parts, text: path.original };
  }

  #offset(node: hbs.AST.Node): number {
    const start = node.loc?.start;
    return start === undefined ? 0 : (this.#lineStarts[start.line - 1] ?? 0) + start.column;
  }
}

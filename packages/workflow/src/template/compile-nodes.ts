import { ExpressionCompiler } from './compile-expression.ts';
import type { BlockNode, Template, TemplateNode } from './nodes.ts';

const blockTypes = ['if', 'unless', 'each', 'with'] as const satisfies readonly BlockNode['type'][];

function isBlockType(name: string): name is BlockNode['type'] {
  return blockTypes.some((type) => type === name);
}

/** Turns Handlebars' tree into ours, node by node; whatever is not on the list is a fault. */
export class TemplateCompiler {
  readonly #source: string;
  readonly #expressions: ExpressionCompiler;

  constructor(source: string) {
    this.#source = source;
    this.#expressions = new ExpressionCompiler(source);
  }

  /** @throws CompileFault */
  compile(program: hbs.AST.Program): Template {
    const nodes = this.#statements(program);
    const [first] = nodes;
    const isSingle = nodes.length === 1 && program.body.length === 1 && first?.type === 'output';
    return { source: this.#source, nodes, single: isSingle ? first.expression : null, references: this.#expressions.references };
  }

  #statements(program: hbs.AST.Program | undefined): TemplateNode[] {
    return (program?.body ?? []).flatMap((statement) => this.#statement(statement) ?? []);
  }

  #statement(statement: hbs.AST.Statement): TemplateNode | null {
    this.#expressions.count(statement);
    switch (statement.type) {
      case 'ContentStatement': {
        const { value } = statement as hbs.AST.ContentStatement;
        return value === '' ? null : { type: 'text', text: value };
      }
      case 'CommentStatement':
        return null;
      case 'MustacheStatement':
        return { type: 'output', expression: this.#expressions.tag(statement as hbs.AST.MustacheStatement) };
      case 'BlockStatement':
        return this.#block(statement as hbs.AST.BlockStatement);
      case 'PartialStatement':
      case 'PartialBlockStatement':
        throw this.#expressions.fault(statement, 'partials ({{> }}) are not available');
      default:
        throw this.#expressions.fault(statement, 'decorators ({{* }}) are not available');
    }
  }

  #block(block: hbs.AST.BlockStatement): BlockNode {
    const name = block.path.type === 'PathExpression' && block.path.parts.length === 1 ? block.path.original : '';
    if (!isBlockType(name) || block.params.length === 0) {
      throw this.#expressions.fault(
        block,
        `{{#${String(block.path.original)}}} is not a block; there are ${blockTypes.map((type) => `#${type}`).join(', ')}, each with one value`,
      );
    }
    const [parameter] = block.params;
    if (parameter === undefined || block.params.length > 1) throw this.#expressions.fault(block, `{{#${name}}} takes one value`);
    this.#expressions.refuseHash(block.hash);
    const subject = this.#expressions.parameter(parameter);
    const names = block.program?.blockParams ?? block.inverse?.blockParams ?? [];
    if (names.length > (name === 'each' ? 2 : name === 'with' ? 1 : 0)) {
      throw this.#expressions.fault(block, `{{#${name}}} gives no such names after "as"`);
    }
    this.#expressions.enter(block);
    if (name === 'each' || name === 'with') this.#expressions.pushItem(names);
    const body = this.#statements(block.program);
    if (name === 'each' || name === 'with') this.#expressions.popItem();
    const otherwise = this.#statements(block.inverse);
    this.#expressions.leave();
    return { type: name, subject, body, otherwise };
  }
}

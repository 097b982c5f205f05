import type { JsonValue } from '@orchestrator/contracts';
import { TemplateError } from './errors.ts';
import { helpers } from './helpers.ts';
import { templateLimits } from './limits.ts';
import type { BlockNode, ExpressionNode, PathNode, Template, TemplateNode } from './nodes.ts';
import { CachedScope, type TemplateScope } from './scope.ts';
import { textOf } from './value-text.ts';
import { isList, isObject, isTruthy, ownMember } from './values.ts';
import { WorkBudget } from './work-budget.ts';

/** The item of an open `#each` or `#with`. */
interface Frame {
  readonly item: JsonValue;
  /** List index or field name; null in `#with`. */
  readonly key: number | string | null;
  readonly index: number;
  readonly isLast: boolean;
}

/** One rendering with its budgets; all strings of a structure share one. */
export class Rendering {
  readonly #scope: CachedScope;
  readonly #budget = new WorkBudget(templateLimits.work, () => new TemplateError('the template is too much work to render'));
  /** Open blocks, innermost last. */
  readonly #frames: Frame[] = [];
  #turnsLeft: number = templateLimits.loopTurns;
  #textCharsLeft: number = templateLimits.outputChars;

  constructor(scope: TemplateScope) {
    this.#scope = new CachedScope(scope);
  }

  /** The value of a template: typed when it is a single tag, else text. */
  value(template: Template): JsonValue {
    if (template.single === null) return this.text(template);
    return this.#evaluate(template.single);
  }

  text(template: Template): string {
    const chunks: string[] = [];
    this.#render(template.nodes, chunks);
    return chunks.join('');
  }

  #render(nodes: readonly TemplateNode[], chunks: string[]): void {
    for (const node of nodes) {
      this.#budget.spend(1);
      if (node.type === 'text') this.#append(node.text, chunks);
      else if (node.type === 'output') this.#append(textOf(this.#evaluate(node.expression), this.#budget), chunks);
      else this.#renderBlock(node, chunks);
    }
  }

  #append(text: string, chunks: string[]): void {
    this.#textCharsLeft -= text.length;
    if (this.#textCharsLeft < 0) throw new TemplateError(`the text is longer than ${templateLimits.outputChars} characters`);
    chunks.push(text);
  }

  #renderBlock(block: BlockNode, chunks: string[]): void {
    if (block.type === 'if' || block.type === 'unless') {
      const isTaken = this.#holds(block.subject) === (block.type === 'if');
      this.#render(isTaken ? block.body : block.otherwise, chunks);
      return;
    }
    const subject = this.#evaluate(block.subject);
    if (block.type === 'each') this.#renderEach(block, subject, chunks);
    else if (isTruthy(subject)) this.#renderItem(block, { item: subject, key: null, index: 0, isLast: true }, chunks);
    else this.#render(block.otherwise, chunks);
  }

  #renderEach(block: BlockNode, subject: JsonValue, chunks: string[]): void {
    if (isList(subject)) {
      for (const [index, item] of subject.entries()) {
        this.#renderItem(block, { item, key: index, index, isLast: index === subject.length - 1 }, chunks);
      }
      if (subject.length > 0) return;
    } else if (isObject(subject)) {
      const keys = Object.keys(subject);
      this.#budget.spend(keys.length);
      for (const [index, key] of keys.entries()) {
        this.#renderItem(block, { item: subject[key] ?? null, key, index, isLast: index === keys.length - 1 }, chunks);
      }
      if (keys.length > 0) return;
    } else if (subject !== null) {
      throw new TemplateError('#each needs a list or an object');
    }
    this.#render(block.otherwise, chunks);
  }

  #renderItem(block: BlockNode, frame: Frame, chunks: string[]): void {
    this.#turnsLeft -= 1;
    if (this.#turnsLeft < 0) throw new TemplateError(`the template loops more than ${templateLimits.loopTurns} times`);
    this.#frames.push(frame);
    this.#render(block.body, chunks);
    this.#frames.pop();
  }

  #evaluate(expression: ExpressionNode): JsonValue {
    const value = this.#evaluateIfPresent(expression);
    if (value !== undefined) return value;
    throw new TemplateError(`there is no value at "${expression.type === 'path' ? expression.text : ''}"`);
  }

  /** Undefined only for a path that leads nowhere. */
  #evaluateIfPresent(expression: ExpressionNode): JsonValue | undefined {
    this.#budget.spend(1);
    switch (expression.type) {
      case 'literal':
        return expression.value;
      case 'path':
        return this.#lookUp(expression);
      case 'loop-variable': {
        const frame = this.#frame(0);
        if (expression.name === 'first') return frame.index === 0;
        if (expression.name === 'last') return frame.isLast;
        return expression.name === 'key' ? frame.key : frame.index;
      }
      case 'call':
        return this.#call(expression);
    }
  }

  /** The question of `#if`, `and`, `or`, `not`: a missing path is as good as false. */
  #holds(expression: ExpressionNode): boolean {
    return isTruthy(this.#evaluateIfPresent(expression) ?? null);
  }

  #call({ helper, parameters }: Extract<ExpressionNode, { type: 'call' }>): JsonValue {
    if (helper === 'default') {
      for (const parameter of parameters) {
        const value = this.#evaluateIfPresent(parameter);
        if (value !== undefined && value !== null) return value;
      }
      return null;
    }
    if (helper === 'and') return parameters.every((parameter) => this.#holds(parameter));
    if (helper === 'or') return parameters.some((parameter) => this.#holds(parameter));
    if (helper === 'not') return !parameters.every((parameter) => this.#holds(parameter));
    return helpers[helper].run(
      parameters.map((parameter) => this.#evaluate(parameter)),
      this.#budget,
    );
  }

  #frame(up: number): Frame {
    const frame = this.#frames.at(-1 - up);
    if (frame === undefined) throw new TypeError('the compiler let a path out of its block');
    return frame;
  }

  #lookUp({ base, parts }: PathNode): JsonValue | undefined {
    switch (base.type) {
      case 'item':
        return this.#follow(this.#frame(base.up).item, parts, 0);
      case 'parameter': {
        const frame = this.#frame(base.up);
        return this.#follow(base.which === 'item' ? frame.item : frame.key, parts, 0);
      }
      case 'item-or-root': {
        const own = ownMember(this.#frame(0).item, parts[0] ?? '');
        return own === undefined ? this.#followRoot(parts) : this.#follow(own, parts, 1);
      }
      case 'root':
        return this.#followRoot(parts);
    }
  }

  #followRoot(parts: readonly string[]): JsonValue | undefined {
    return this.#follow(this.#scope.get(parts[0] ?? ''), parts, 1);
  }

  #follow(start: JsonValue | undefined, parts: readonly string[], from: number): JsonValue | undefined {
    let value = start;
    this.#budget.spend(parts.length);
    for (let index = from; index < parts.length && value !== undefined; index += 1) value = ownMember(value, parts[index] ?? '');
    return value;
  }
}

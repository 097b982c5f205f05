import type { ASTNode } from '@marcbachmann/cel-js';
import type { PathReference } from '../template/nodes.ts';
import type { BinaryOperator, ConditionNode, MacroName } from './condition.ts';
import { type FunctionName, functionNamed, functions, type StaticType } from './functions.ts';

/** A construct that is not part of the language, or types that can't fit. */
export class ConditionFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface Converted {
  readonly node: ConditionNode;
  readonly type: StaticType;
  /** The path from a root of the scope, as far as it is constant: extended by the next `.field`. */
  readonly path?: string[];
}

const macroArity: Readonly<Record<MacroName, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  filter: [2],
  map: [2, 3],
};
const any: StaticType = 'any';

function isMacroName(name: string): name is MacroName {
  return Object.hasOwn(macroArity, name);
}

function listed(types: readonly StaticType[]): string {
  return types.join(' or ');
}

/** Turns the parser's tree into ours, node by node, and checks types on the way; whatever is not on the list is a fault. */
export class ConditionConverter {
  readonly #source: string;
  readonly #references: { readonly parts: string[]; readonly offset: number }[] = [];
  /** Name of the macro variable in sight. */
  #variable: string | null = null;

  constructor(source: string) {
    this.#source = source;
  }

  /** @throws ConditionFault */
  convert(ast: ASTNode): { readonly node: ConditionNode; readonly references: readonly PathReference[] } {
    const { node, type } = this.#node(ast);
    if (type !== 'bool' && type !== any) throw new ConditionFault(`gives a ${type}, not true or false`, ast.start);
    return { node, references: this.#references };
  }

  /** Converts a node whose type, if known, must be one of `allowed`. */
  #operand(ast: ASTNode, operator: string, allowed: readonly StaticType[]): ConditionNode {
    const { node, type } = this.#node(ast);
    if (type !== any && !allowed.includes(type))
      throw new ConditionFault(`${operator} needs a ${listed(allowed)}, not a ${type}`, ast.start);
    return node;
  }

  #node(ast: ASTNode): Converted {
    switch (ast.op) {
      case 'value':
        return this.#value(ast, ast.args);
      case 'id':
        return this.#name(ast, ast.args);
      case '.':
        return this.#member(ast, ast.args[0], { node: { op: 'value', value: ast.args[1] }, type: 'string' });
      case '[]':
        return this.#member(ast, ast.args[0], this.#node(ast.args[1]));
      case '!_':
        return { node: { op: 'not', operand: this.#operand(ast.args, '!', ['bool']) }, type: 'bool' };
      case '-_':
        return { node: { op: 'negate', operand: this.#operand(ast.args, '-', ['number']) }, type: 'number' };
      case '&&':
      case '||': {
        const [left, right] = ast.args.map((side) => this.#operand(side, ast.op, ['bool'])) as [ConditionNode, ConditionNode];
        return { node: { op: ast.op === '&&' ? 'and' : 'or', left, right }, type: 'bool' };
      }
      case '?:': {
        const test = this.#operand(ast.args[0], '?:', ['bool']);
        const whenTrue = this.#node(ast.args[1]);
        const whenFalse = this.#node(ast.args[2]);
        return {
          node: { op: 'choose', test, whenTrue: whenTrue.node, whenFalse: whenFalse.node },
          type: whenTrue.type === whenFalse.type ? whenTrue.type : any,
        };
      }
      case 'list':
        return { node: { op: 'list', items: ast.args.map((item) => this.#node(item).node) }, type: 'list' };
      case 'map': {
        const entries = ast.args.map(
          ([key, value]) => [this.#operand(key, 'a key of a map', ['string']), this.#node(value).node] as const,
        );
        return { node: { op: 'map', entries }, type: 'map' };
      }
      case 'call':
        return this.#call(ast, ast.args[0], ast.args[1]);
      case 'rcall':
        return this.#method(ast, ...ast.args);
      case '.?':
      case '[?]':
        throw new ConditionFault('optional access (.?) is not available; use has()', ast.start);
      default:
        return this.#binary(ast, ast.op, ast.args);
    }
  }

  #value(ast: ASTNode, literal: unknown): Converted {
    if (literal === null) return { node: { op: 'value', value: null }, type: 'null' };
    if (typeof literal === 'boolean') return { node: { op: 'value', value: literal }, type: 'bool' };
    if (typeof literal === 'string') return { node: { op: 'value', value: literal }, type: 'string' };
    if (literal instanceof Uint8Array) throw new ConditionFault('bytes are not available', ast.start);
    // JSON knows one kind of number, so int, uint and double literals are the same here.
    const value = Number(literal);
    if (!Number.isFinite(value) || (typeof literal !== 'number' && !Number.isSafeInteger(value))) {
      throw new ConditionFault('the number is too large to be exact', ast.start);
    }
    return { node: { op: 'value', value }, type: 'number' };
  }

  #name(ast: ASTNode, name: string): Converted {
    if (name === this.#variable) return { node: { op: 'item' }, type: any };
    const path = [name];
    this.#references.push({ parts: path, offset: ast.start });
    return { node: { op: 'root', name, text: name }, type: any, path };
  }

  #member(ast: ASTNode, objectAst: ASTNode, key: Converted): Converted {
    const object = this.#node(objectAst);
    if (!['any', 'list', 'map'].includes(object.type)) throw new ConditionFault(`a ${object.type} has no fields`, ast.start);
    if (!['any', 'string', 'number'].includes(key.type))
      throw new ConditionFault(`a field or index is no ${key.type}`, ast.start);
    const node: ConditionNode = {
      op: 'member',
      object: object.node,
      key: key.node,
      text: this.#source.slice(ast.start, ast.end),
    };
    const { path } = object;
    if (path === undefined || key.node.op !== 'value' || typeof key.node.value !== 'string') return { node, type: any };
    path.push(key.node.value);
    return { node, type: any, path };
  }

  #binary(ast: ASTNode, operator: BinaryOperator, [leftAst, rightAst]: readonly [ASTNode, ASTNode]): Converted {
    const left = this.#node(leftAst);
    const right = this.#node(rightAst);
    const node: ConditionNode = { op: 'binary', operator, left: left.node, right: right.node };
    const needs = (allowed: readonly StaticType[], sides: readonly Converted[], equal = true) => {
      const wrong = sides.find(({ type }) => type !== any && !allowed.includes(type));
      const known = sides.map(({ type }) => type).filter((type) => type !== any);
      if (wrong !== undefined || (equal && new Set(known).size > 1)) {
        throw new ConditionFault(`${operator} can't be used on ${left.type} and ${right.type}`, ast.start);
      }
      return known[0] ?? any;
    };
    switch (operator) {
      case '==':
      case '!=':
        return { node, type: 'bool' };
      case '<':
      case '<=':
      case '>':
      case '>=':
        needs(['number', 'string'], [left, right]);
        return { node, type: 'bool' };
      case 'in':
        needs(['list', 'map'], [right]);
        return { node, type: 'bool' };
      case '+':
        return { node, type: needs(['number', 'string', 'list'], [left, right]) };
      default:
        needs(['number'], [left, right]);
        return { node, type: 'number' };
    }
  }

  #call(ast: ASTNode, name: string, parameters: readonly ASTNode[]): Converted {
    if (name === 'has') return this.#has(ast, parameters);
    return this.#function(ast, name, parameters, 'global');
  }

  #method(ast: ASTNode, name: string, receiver: ASTNode, parameters: readonly ASTNode[]): Converted {
    if (isMacroName(name)) return this.#macro(ast, name, receiver, parameters);
    return this.#function(ast, name, [receiver, ...parameters], 'method');
  }

  #function(ast: ASTNode, name: string, parameters: readonly ASTNode[], form: 'global' | 'method'): Converted {
    const found = functionNamed(name);
    if (name === 'matches')
      throw new ConditionFault(
        'matches() is not available: a pattern can run for minutes; use contains(), startsWith() or endsWith()',
        ast.start,
      );
    if (found === undefined || (found.form !== 'both' && found.form !== form)) {
      const names = ['has', ...Object.keys(functions), ...Object.keys(macroArity)].map((known) => `${known}()`).join(', ');
      throw new ConditionFault(
        `there is no ${form === 'method' ? 'method' : 'function'} ${name}(); there are ${names}`,
        ast.start,
      );
    }
    if (parameters.length !== found.parameters.length) {
      const wanted = found.parameters.length - (form === 'method' ? 1 : 0);
      throw new ConditionFault(`${name}() takes ${wanted} parameter${wanted === 1 ? '' : 's'}`, ast.start);
    }
    const nodes = parameters.map((parameter, index) => this.#operand(parameter, `${name}()`, found.parameters[index] ?? []));
    return { node: { op: 'call', name: name as FunctionName, parameters: nodes }, type: found.result };
  }

  #has(ast: ASTNode, parameters: readonly ASTNode[]): Converted {
    const [path] = parameters;
    if (path === undefined || parameters.length > 1) throw new ConditionFault('has() takes one path', ast.start);
    const { node } = this.#node(path);
    if (node.op !== 'member') throw new ConditionFault('has() takes a path such as has(input.topic)', path.start);
    return { node: { op: 'has', path: node }, type: 'bool' };
  }

  #macro(ast: ASTNode, name: MacroName, receiver: ASTNode, parameters: readonly ASTNode[]): Converted {
    if (this.#variable !== null) throw new ConditionFault(`${name}() can't be used inside another macro`, ast.start);
    const [variable, first, second] = parameters;
    if (variable === undefined || first === undefined || !macroArity[name].includes(parameters.length)) {
      throw new ConditionFault(`${name}() takes a variable and an expression`, ast.start);
    }
    if (variable.op !== 'id') throw new ConditionFault(`${name}() needs the name of a variable first`, variable.start);
    const list = this.#operand(receiver, `${name}()`, ['list', 'map']);
    this.#variable = variable.args;
    const isMap = name === 'map';
    const test = isMap && second === undefined ? null : this.#operand(first, `${name}()`, ['bool']);
    const transform = isMap ? this.#node(second ?? first).node : null;
    this.#variable = null;
    const node: ConditionNode = {
      op: 'macro',
      name,
      list,
      ...(test !== null && { test }),
      ...(transform !== null && { transform }),
    };
    return { node, type: name === 'filter' || isMap ? 'list' : 'bool' };
  }
}

import type { JsonValue } from '@orchestrator/contracts';
import { codePoints, isList, isObject } from '../template/values.ts';
import type { WorkBudget } from '../template/work-budget.ts';
import { ConditionError } from './errors.ts';
import { findText } from './find-text.ts';
import { conditionLimits } from './limits.ts';

/** What is known about a value before any run. */
export type StaticType = 'bool' | 'number' | 'string' | 'null' | 'list' | 'map' | 'any';

interface ConditionFunction {
  /** Types that each parameter may have; the receiver is the first. */
  readonly parameters: readonly (readonly StaticType[])[];
  /** Called as `f(x)`, `x.f()` or both. */
  readonly form: 'global' | 'method' | 'both';
  readonly result: StaticType;
  readonly run: (parameters: readonly JsonValue[], budget: WorkBudget) => JsonValue;
}

function size([value = null]: readonly JsonValue[], budget: WorkBudget): number {
  if (isList(value)) return value.length;
  if (typeof value === 'string') {
    budget.spendChars(value.length);
    return codePoints(value);
  }
  if (!isObject(value)) throw new ConditionError('size() needs a string, a list or a map');
  const count = Object.keys(value).length;
  budget.spend(count);
  return count;
}

function texts(name: string, parameters: readonly JsonValue[]): readonly [string, string] {
  const [receiver, parameter = ''] = parameters;
  if (typeof receiver !== 'string' || typeof parameter !== 'string') throw new ConditionError(`${name}() needs strings`);
  return [receiver, parameter];
}

function mapCase(
  name: string,
  parameters: readonly JsonValue[],
  budget: WorkBudget,
  pattern: RegExp,
  map: (part: string) => string,
): string {
  const [string] = texts(name, parameters);
  if (string.length > conditionLimits.resultSize)
    throw new ConditionError(`${name}() was given more than ${conditionLimits.resultSize} characters`);
  // 50 ns a character when every second one changes.
  budget.spendChars(string.length * 16);
  return string.replace(pattern, map);
}

function toNumber(name: string, [value]: readonly JsonValue[]): number {
  if (typeof value === 'number') return value;
  // The length bounds the time; no number needs more.
  const isNumber = typeof value === 'string' && value.length <= 100 && /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value);
  const number = isNumber ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new ConditionError(`${name}() can't make a number of the value`);
  return number;
}

function toText([value = null]: readonly JsonValue[]): string {
  if (typeof value === 'object') throw new ConditionError('string() takes a string, a number or a bool');
  return String(value);
}

function toBool([value]: readonly JsonValue[]): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new ConditionError('bool() takes true, false, "true" or "false"');
}

const string = ['string'] as const;
const scalar = ['string', 'number', 'bool'] as const;

/** The functions of conditions. All of CEL's that can run in bounded time over JSON; `matches` can't. */
export const functions = {
  size: { form: 'both', parameters: [['string', 'list', 'map']], result: 'number', run: size },
  contains: {
    form: 'method',
    parameters: [string, string],
    result: 'bool',
    run: (parameters, budget) => findText(...texts('contains', parameters), budget) !== -1,
  },
  startsWith: {
    form: 'method',
    parameters: [string, string],
    result: 'bool',
    run(parameters, budget) {
      const [receiver, start] = texts('startsWith', parameters);
      budget.spendChars(start.length);
      return receiver.startsWith(start);
    },
  },
  endsWith: {
    form: 'method',
    parameters: [string, string],
    result: 'bool',
    run(parameters, budget) {
      const [receiver, end] = texts('endsWith', parameters);
      budget.spendChars(end.length);
      return receiver.endsWith(end);
    },
  },
  lowerAscii: {
    form: 'method',
    parameters: [string],
    result: 'string',
    run: (parameters, budget) => mapCase('lowerAscii', parameters, budget, /[A-Z]+/g, (part) => part.toLowerCase()),
  },
  upperAscii: {
    form: 'method',
    parameters: [string],
    result: 'string',
    run: (parameters, budget) => mapCase('upperAscii', parameters, budget, /[a-z]+/g, (part) => part.toUpperCase()),
  },
  trim: {
    form: 'method',
    parameters: [string],
    result: 'string',
    run(parameters, budget) {
      const [receiver] = texts('trim', parameters);
      budget.spendChars(receiver.length);
      return receiver.trim();
    },
  },
  int: {
    form: 'global',
    parameters: [['number', 'string']],
    result: 'number',
    run: (parameters) => Math.trunc(toNumber('int', parameters)),
  },
  double: {
    form: 'global',
    parameters: [['number', 'string']],
    result: 'number',
    run: (parameters) => toNumber('double', parameters),
  },
  string: { form: 'global', parameters: [scalar], result: 'string', run: toText },
  bool: { form: 'global', parameters: [['string', 'bool']], result: 'bool', run: toBool },
} as const satisfies Record<string, ConditionFunction>;

export type FunctionName = keyof typeof functions;

export function functionNamed(name: string): ConditionFunction | undefined {
  return Object.hasOwn(functions, name) ? functions[name as FunctionName] : undefined;
}

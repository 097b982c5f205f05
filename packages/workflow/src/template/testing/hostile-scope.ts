import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import type { TemplateScope } from '../scope.ts';

/** Values that make naive interpreters slow: 5 MB of text or numbers, pairs of equal but distinct values, deep nesting. */
const hostileData: JsonObject = JSON.parse(
  JSON.stringify({
    input: {
      topic: 'text',
      list: Array.from({ length: 200 }, (_, index) => index),
      big: Array.from({ length: 1_000_000 }, (_, index) => index),
      same: Array.from({ length: 50_000 }, () => ({ a: [1, 'x'] })),
      alike: Array.from({ length: 50_000 }, () => ({ a: [1, 'x'] })),
      text: 'a'.repeat(5_000_000),
      needle: `${'a'.repeat(50_000)}b${'a'.repeat(50_000)}`,
      growing: '\u0149'.repeat(250_000),
      emoji: '😀'.repeat(200_000),
      mixed: 'aA'.repeat(250_000),
      escapes: '\u0001'.repeat(100_000),
      map: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index])),
      deep: Array.from({ length: 90 }).reduce((inner) => [inner], 1 as unknown),
      names: ['__proto__', 'constructor', 'leak'],
      empty: {},
      none: null,
    },
    step: { output: 'done', status: 'completed', error: null },
  }),
) as JsonObject;

/** Own roots only, as the engine's scope has it. */
export const hostileScope: TemplateScope = {
  get: (root: string): JsonValue | undefined => (Object.hasOwn(hostileData, root) ? hostileData[root] : undefined),
};

/** Paths into the scope, with some that lead nowhere or to prototypes. */
export const hostilePaths = [
  ...Object.keys(hostileData.input as JsonObject).map((key) => `input.${key}`),
  'step.output',
  'step.error',
  'input',
  'step',
  'missing',
  'input.missing.deep',
  'leak',
  'input.leak',
  'input.__proto__',
  'constructor',
  'input.constructor.prototype',
  'toString',
] as const;

/**
 * Runs something with a value on `Object.prototype` that only code which looks beyond own properties would find, and
 * checks that it used little processor time and left the prototype alone.
 * @param limitMs - processor time of this thread
 * @returns what `run` returned or threw
 */
export function underWatch<Result>(limitMs: number, run: () => Result): { readonly result?: Result; readonly thrown?: unknown } {
  Object.defineProperty(Object.prototype, 'leak', { value: 'LEAKED', configurable: true, enumerable: false });
  const keysBefore = Reflect.ownKeys(Object.prototype).length;
  const before = process.threadCpuUsage();
  const outcome = attempt(run);
  const { user, system } = process.threadCpuUsage(before);
  const keysAfter = Reflect.ownKeys(Object.prototype).length;
  Reflect.deleteProperty(Object.prototype, 'leak');
  if (keysAfter !== keysBefore) throw new Error('the prototype of all objects was changed');
  const tookMs = (user + system) / 1_000;
  if (tookMs > limitMs) throw new Error(`took ${tookMs} ms`);
  return outcome;
}

function attempt<Result>(run: () => Result): { readonly result?: Result; readonly thrown?: unknown } {
  try {
    return { result: run() };
  } catch (thrown) {
    return { thrown };
  }
}

/** Whether something is JSON through and through and free of the planted value; looks at the first 10,000 parts. */
export function isCleanJson(value: unknown, budget: { left: number } = { left: 10_000 }): boolean {
  budget.left -= 1;
  if (budget.left < 0) return true;
  if (typeof value === 'string') return !value.includes('LEAKED');
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value === null || typeof value === 'boolean';
  if (Array.isArray(value)) return value.every((item) => isCleanJson(item, budget));
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every((part) => isCleanJson(part, budget));
}

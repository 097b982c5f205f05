import { refusal } from '../errors/openai-error.ts';

/** What becomes of the top-level fields of a request. What is in neither list has no effect here. */
export interface FieldRules {
  /** Fields that are translated. */
  readonly used: ReadonlySet<string>;
  /** Fields that would change what the answer is: says why a value can't be served, or undefined when it asks for nothing special. */
  readonly refused: Readonly<Record<string, (value: unknown) => string | undefined>>;
  /** Fields without effect: whether a value asks for what holds anyway. */
  readonly neutral: Readonly<Record<string, (value: unknown) => boolean>>;
}

const maxListed = 30;
const maxNameLength = 60;

function isIgnored(rules: FieldRules, name: string, value: unknown): boolean {
  if (value === null || value === undefined || rules.used.has(name) || Object.hasOwn(rules.refused, name)) return false;
  return !(Object.hasOwn(rules.neutral, name) && rules.neutral[name]?.(value) === true);
}

/**
 * Refuses what can't be served and names what has no effect. New fields of OpenAI's API end up among the latter, so that a new
 * version of a client goes on working.
 * @returns names of fields without effect, safe in a header, the first 30
 * @throws OpenAiError `unsupported_parameter`
 */
export function checkFields(rules: FieldRules, body: Readonly<Record<string, unknown>>): string[] {
  for (const [name, reasonOf] of Object.entries(rules.refused)) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value === null || value === undefined) continue;
    const reason = reasonOf(value);
    if (reason !== undefined) throw refusal('unsupported_parameter', [name], `Unsupported parameter '${name}': ${reason}.`);
  }
  return Object.entries(body)
    .filter(([name, value]) => isIgnored(rules, name, value))
    .map(([name]) => encodeURIComponent(name).slice(0, maxNameLength))
    .slice(0, maxListed);
}

/** For `FieldRules.refused`: no value can be served. */
export const never = (reason: string) => () => reason;
/** For `FieldRules.refused`: only these values can be served. */
export const unless =
  (isServed: (value: unknown) => boolean, reason: string) =>
  (value: unknown): string | undefined =>
    isServed(value) ? undefined : reason;
export const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
export const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

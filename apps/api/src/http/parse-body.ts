import { type Issue, validationError } from '@orchestrator/contracts';
import type { JsonBody } from './json-body.ts';
import { checkSchema, type Schema } from './schema.ts';

/** A rule that two checks found broken in the same place is told once. */
function withoutRepeats(issues: readonly Issue[]): readonly Issue[] {
  const told = new Map<string, Issue>();
  for (const issue of issues) {
    const rule = `${issue.code} ${issue.pointer}`;
    if (!told.has(rule)) told.set(rule, issue);
  }
  return [...told.values()];
}

/**
 * Parses a body, telling everything that is wrong at once.
 * @param moreIssues - rules that a schema can't state; pointers relative to the body
 * @throws AppError `validation-failed`
 */
export function parseBody<T>(schema: Schema<T>, body: JsonBody, moreIssues: readonly Issue[] = []): T {
  const checked = checkSchema(schema, body.value);
  if (checked.ok && body.issues.length === 0 && moreIssues.length === 0) return checked.data;
  throw validationError(withoutRepeats([...body.issues, ...(checked.ok ? [] : checked.issues), ...moreIssues]));
}

/** A field of a body that is an object itself, or undefined: lets a nested document be checked beside a broken body. */
export function objectField(body: JsonBody, name: string): Readonly<Record<string, unknown>> | undefined {
  const { value } = body;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const field = (value as Record<string, unknown>)[name];
  return typeof field === 'object' && field !== null && !Array.isArray(field) ? (field as Record<string, unknown>) : undefined;
}

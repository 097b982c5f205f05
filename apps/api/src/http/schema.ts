import { type Issue, jsonPointer, pointerToken } from '@orchestrator/contracts';

/** What is used of a zod issue. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of `unrecognized_keys`. */
  readonly keys?: readonly string[];
}

/** What is used of a zod schema. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** The same names as for the rules of workflow definitions. */
const ruleNames: Readonly<Record<string, string>> = {
  invalid_type: 'wrong-type',
  too_small: 'out-of-range',
  too_big: 'out-of-range',
  invalid_format: 'wrong-format',
  invalid_value: 'not-allowed',
};

function isMissing(root: unknown, path: readonly PropertyKey[]): boolean {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return true;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined;
}

function toIssues(issue: SchemaIssue, root: unknown): Issue[] {
  const pointer = jsonPointer(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({
      pointer: `${pointer}/${pointerToken(key)}`,
      code: 'unknown-field',
      message: `unknown field ${JSON.stringify(key)}`,
    }));
  }
  if (issue.code === 'invalid_type' && isMissing(root, issue.path)) return [{ pointer, code: 'required', message: 'is missing' }];
  if (issue.code === 'custom' && isMissing(root, issue.path)) return [{ pointer, code: 'required', message: issue.message }];
  return [{ pointer, code: ruleNames[issue.code] ?? 'invalid', message: issue.message }];
}

export type Checked<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks a value against a schema; an unknown field is reported with the pointer of the field itself. */
export function checkSchema<T>(schema: Schema<T>, value: unknown): Checked<T> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, data: result.data };
  return { ok: false, issues: result.error.issues.flatMap((issue) => toIssues(issue, value)) };
}

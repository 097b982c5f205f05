import { maxSteps, stepSchema, type WorkflowDefinition, workflowDefinitionSchema } from '@orchestrator/contracts';
import { actionNames } from './actions.ts';
import { type DocumentPath, type Fields, fieldsOf } from './document.ts';
import type { IssueList } from './issue-list.ts';

type ZodIssue = NonNullable<ReturnType<typeof workflowDefinitionSchema.safeParse>['error']>['issues'][number];

/** Whether there are more steps than a workflow may have: only the allowed ones are looked at then. */
export function checkStepCount({ steps }: Fields, issues: IssueList): void {
  if (Array.isArray(steps) && steps.length > maxSteps)
    issues.add(['steps'], 'out-of-range', `must have at most ${maxSteps} steps`);
}

/** Checks types, ranges and formats, after `findUnknownFields` has found unknown fields. Null when there is any issue. */
export function checkStructure(document: Fields, issues: IssueList): WorkflowDefinition | null {
  const { steps } = document;
  const hasTooMany = Array.isArray(steps) && steps.length > maxSteps;
  const result = workflowDefinitionSchema.safeParse(hasTooMany ? { ...document, steps: steps.slice(0, maxSteps) } : document);
  if (result.success) return hasTooMany ? null : result.data;
  for (const issue of result.error.issues) report(issue, pathOf(issue.path), document, issues);
  return null;
}

function pathOf(path: readonly PropertyKey[]): DocumentPath {
  return path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}

function valueAt(document: unknown, path: DocumentPath): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return value;
}

function report(issue: ZodIssue, path: DocumentPath, document: Fields, issues: IssueList): void {
  const value = valueAt(document, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        if (!issues.has([...path, key], 'unknown-field')) issues.add([...path, key], 'unknown-field', unknownFieldMessage(key));
      }
      return;
    case 'invalid_type':
      if (value === undefined) issues.add(path, 'required', 'is missing');
      else issues.add(path, 'wrong-type', `must be ${typeNames[issue.expected] ?? `a ${issue.expected}`}`);
      return;
    case 'too_small':
    case 'too_big':
      issues.add(path, 'out-of-range', rangeMessage(issue));
      return;
    case 'invalid_format':
      issues.add(path, 'wrong-format', issue.message);
      return;
    case 'invalid_value':
      issues.add(path, 'not-allowed', `must be one of ${issue.values.map((allowed) => JSON.stringify(allowed)).join(', ')}`);
      return;
    case 'invalid_union':
      reportUnion(issue, path, document, issues);
      return;
    default:
      issues.add(path, 'invalid', issue.message);
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'an object',
};

function rangeMessage(issue: Extract<ZodIssue, { code: 'too_small' | 'too_big' }>): string {
  const units: Readonly<Record<string, string>> = { string: ' characters long', array: ' items long' };
  const unit = units[issue.origin] ?? '';
  return issue.code === 'too_small' ? `must be at least ${issue.minimum}${unit}` : `must be at most ${issue.maximum}${unit}`;
}

/** Of several alternatives, the one that got furthest tells most. */
function reportUnion(
  issue: Extract<ZodIssue, { code: 'invalid_union' }>,
  path: DocumentPath,
  document: Fields,
  issues: IssueList,
): void {
  const value = valueAt(document, path);
  if (issue.errors.length === 0 && path.at(-1) !== 'action') {
    if (value === undefined) issues.add(path, 'required', 'is missing');
    else issues.add(path, 'not-allowed', 'is none of the allowed values');
    return;
  }
  if (issue.errors.length === 0) {
    if (value === undefined) issues.add(path, 'required', `is missing; it is one of ${actionNames.join(', ')}`);
    else issues.add(path, 'unknown-action', unknownActionMessage(value));
    reportCommonFields(path.slice(0, -1), document, issues);
    return;
  }
  if (value === undefined) {
    issues.add(path, 'required', 'is missing');
    return;
  }
  const isOtherType = (branch: readonly ZodIssue[]) =>
    branch.some(({ code, path: at }) => code === 'invalid_type' && at.length === 0);
  const closest = issue.errors.find((branch) => !isOtherType(branch));
  for (const inner of closest ?? []) report(inner, [...path, ...pathOf(inner.path)], document, issues);
  if (closest === undefined) {
    const types = issue.errors.flatMap((branch) =>
      branch.flatMap((inner) => (inner.code === 'invalid_type' ? [typeNames[inner.expected] ?? `a ${inner.expected}`] : [])),
    );
    issues.add(path, 'wrong-type', `must be ${[...new Set(types)].join(' or ')}`);
  }
}

/** Of a step with an unknown action the fields that all actions share can still be checked. */
function reportCommonFields(path: DocumentPath, document: Fields, issues: IssueList): void {
  const common = stepSchema.options.find((option) => option.shape.action.value === 'noop');
  const result = common?.safeParse({ ...fieldsOf(valueAt(document, path)), action: 'noop' });
  for (const issue of result?.error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') report(issue, [...path, ...pathOf(issue.path)], document, issues);
  }
}

function unknownActionMessage(action: unknown): string {
  const name = typeof action === 'string' ? `"${action.slice(0, 64)}"` : 'this';
  return `${name} is no action that this version executes; it executes ${actionNames.join(', ')}`;
}

export function unknownFieldMessage(key: string, known: readonly string[] = []): string {
  const fields = known.length === 0 ? '' : `; there are ${known.join(', ')}`;
  return `there is no field "${key.slice(0, 64)}"${fields}. Your own fields start with x-`;
}

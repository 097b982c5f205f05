import type { Issue, WorkflowDefinition } from '@orchestrator/contracts';
import { buildPlan } from './build-plan.ts';
import { type Fields, stepsOf } from './document.ts';
import { compileExpressions } from './expressions.ts';
import { checkGraph } from './graph-rules.ts';
import { IssueList } from './issue-list.ts';
import type { WorkflowPlan } from './plan.ts';
import { checkReferences } from './reference-rules.ts';
import { checkRules, type StepRuleOptions } from './step-rules.ts';
import { checkStepCount, checkStructure } from './structure.ts';
import { findUnknownFields } from './unknown-fields.ts';

/** Nesting of a definition, `set` values included. */
const maxDepth = 64;
/** Numbers, strings, lists and so on of a definition together: 200 steps use about 3,000. */
const maxValues = 20_000;

type ValidateWorkflowOptions = StepRuleOptions;

export type ValidateWorkflowResult =
  | {
      readonly ok: true;
      readonly definition: WorkflowDefinition;
      readonly plan: WorkflowPlan;
      readonly warnings: readonly Issue[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Checks a submitted definition: structure, flow, templates and conditions in one go, so that all broken rules (at most 200)
 * come back at once. Never throws. Warnings name what is allowed but can't be meant, such as a step that nothing leads to.
 * @param document - any JSON value, as it was parsed
 */
export function validateWorkflow(document: unknown, options: ValidateWorkflowOptions = {}): ValidateWorkflowResult {
  const issues = new IssueList();
  const warnings = new IssueList();
  const refuse = () => ({ ok: false, issues: issues.all() }) as const;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    issues.add([], 'wrong-type', 'a workflow is an object');
    return refuse();
  }
  const fields = document as Fields;
  if (!isWalkable(fields, issues)) return refuse();
  const steps = stepsOf(fields);
  checkStepCount(fields, issues);
  findUnknownFields(fields, issues);
  const definition = checkStructure(fields, issues);
  checkRules(fields, steps, options, issues, warnings);
  const flow = checkGraph(steps, issues, warnings);
  const expressions = compileExpressions(steps, issues);
  checkReferences(expressions.references, steps, flow, issues, warnings);
  if (definition === null || !issues.isEmpty) return refuse();
  return { ok: true, definition, plan: buildPlan(definition, expressions), warnings: warnings.all() };
}

/** Refuses what the checks could not go through in bounded time and stack; true when the whole document may be looked at. */
function isWalkable(document: Fields, issues: IssueList): boolean {
  const path: (string | number)[] = [];
  let valuesLeft = maxValues;
  const visitPart = (key: string | number, part: unknown): boolean => {
    path.push(key);
    const isFine = visit(part);
    path.pop();
    return isFine;
  };
  const visit = (value: unknown): boolean => {
    valuesLeft -= 1;
    if (valuesLeft < 0) {
      issues.add([], 'too-large', `a workflow has at most ${maxValues} values`);
      return false;
    }
    if (typeof value !== 'object' || value === null) return true;
    if (path.length >= maxDepth) {
      issues.add(path, 'too-deep', `is nested more than ${maxDepth} deep`);
      return false;
    }
    if (Array.isArray(value)) return value.every((item, index) => visitPart(index, item));
    // Readers of JSON disagree about this key: some take it, some drop it, some change a prototype.
    if (Object.hasOwn(value, '__proto__'))
      issues.add([...path, '__proto__'], 'forbidden-field', 'no field can be called __proto__');
    return Object.entries(value).every(([key, part]) => visitPart(key, part));
  };
  return visit(document);
}

import { customErrorNamePattern, stepErrorNames } from '@orchestrator/contracts';
import { type DocumentPath, type DocumentStep, type Fields, fieldsOf, hasField, textField } from './document.ts';
import type { IssueList } from './issue-list.ts';
import { nearMatches } from './near-matches.ts';

export interface StepRuleOptions {
  /** Ids of the providers that exist; absent: any is accepted. */
  readonly knownProviders?: readonly string[];
}

/** Checks what no schema of single fields can: pairs of fields, names of errors and providers, constants in fields for templates. */
export function checkRules(
  document: Fields,
  steps: readonly DocumentStep[],
  options: StepRuleOptions,
  issues: IssueList,
  warnings: IssueList,
): void {
  const defaults = fieldsOf(document.defaults);
  checkProvider(defaults, ['defaults'], options, issues);
  checkRetryOn(defaults, ['defaults'], issues, warnings);
  for (const { index, fields } of steps) {
    const path = ['steps', index];
    if (hasField(fields, 'when') && hasField(fields, 'condition')) {
      issues.add([...path, 'condition'], 'conflicting-fields', 'when and condition are the same field; give one of them');
    }
    checkRetryOn(fields, path, issues, warnings);
    if (fields.action === 'generate') {
      checkProvider(fields, path, options, issues);
      checkFallbacks(fields, path, options, issues);
      checkGenerateInput(fields, [...path, 'input'], issues);
    }
    if (fields.action === 'delay') checkDelay(fields, path, issues);
  }
}

function checkFallbacks(fields: Fields, path: DocumentPath, options: StepRuleOptions, issues: IssueList): void {
  const { fallbacks } = fields;
  if (!Array.isArray(fallbacks)) return;
  for (const [index, fallback] of fallbacks.slice(0, 10).entries())
    checkProvider(fieldsOf(fallback), [...path, 'fallbacks', index], options, issues);
}

function checkGenerateInput(fields: Fields, path: DocumentPath, issues: IssueList): void {
  const isObject = typeof fields.input === 'object' && fields.input !== null && !Array.isArray(fields.input);
  const input = fieldsOf(fields.input);
  if (isObject && !hasField(input, 'prompt') && !hasField(input, 'messages'))
    issues.add([...path, 'prompt'], 'required', 'is missing; give prompt, messages or both');
  for (const key of ['maxTokens', 'temperature', 'seed', 'topP']) checkNumber(input, path, key, issues);
}

function checkDelay(fields: Fields, path: DocumentPath, issues: IssueList): void {
  if (hasField(fields, 'delayMs') === hasField(fields, 'until')) {
    issues.add(path, 'exactly-one-of', 'a delay has exactly one of delayMs and until');
  }
  checkNumber(fields, path, 'delayMs', issues);
  const until = textField(fields, 'until');
  if (until !== null && !until.includes('{{') && !isInstant(until)) {
    issues.add([...path, 'until'], 'wrong-format', 'must be an ISO 8601 instant such as 2026-01-31T09:00:00Z, or a template');
  }
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** A number may come from a template, not from a text. */
function checkNumber(fields: Fields, path: DocumentPath, key: string, issues: IssueList): void {
  const text = textField(fields, key);
  if (text !== null && !text.includes('{{'))
    issues.add([...path, key], 'wrong-type', 'must be a number, or a template that gives one');
}

function checkProvider(fields: Fields, path: DocumentPath, { knownProviders }: StepRuleOptions, issues: IssueList): void {
  const provider = textField(fields, 'provider');
  if (provider === null || knownProviders === undefined || knownProviders.includes(provider)) return;
  issues.add(
    [...path, 'provider'],
    'unknown-provider',
    `there is no provider "${provider.slice(0, 64)}"${suggestion(provider, knownProviders)}; there are ${knownProviders.join(', ')}`,
  );
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearMatches(name, known);
  return near.length === 0 ? '' : `, did you mean ${near.join(' or ')}?`;
}

const prefixes = new Set(['Custom', ...stepErrorNames.map((name) => name.slice(0, name.indexOf('.')))]);

function isErrorPattern(pattern: string): boolean {
  if (pattern === '*' || customErrorNamePattern.test(pattern)) return true;
  if (pattern.endsWith('.*')) return prefixes.has(pattern.slice(0, -2));
  return stepErrorNames.some((name) => name === pattern);
}

function checkRetryOn(owner: Fields, path: DocumentPath, issues: IssueList, warnings: IssueList): void {
  const { retryOn } = fieldsOf(owner.retry);
  if (!Array.isArray(retryOn)) return;
  for (const [index, pattern] of retryOn.slice(0, 50).entries()) {
    if (typeof pattern !== 'string') continue;
    const at = [...path, 'retry', 'retryOn', index];
    if (!isErrorPattern(pattern)) {
      issues.add(
        at,
        'unknown-error-name',
        `"${pattern.slice(0, 100)}" is no error name; give a name such as Provider.RateLimited, a prefix such as Provider.*, or *`,
      );
    } else if (pattern.startsWith('Run.')) {
      warnings.add(at, 'never-retried', 'Run.* errors end the run and are never retried');
    }
  }
}

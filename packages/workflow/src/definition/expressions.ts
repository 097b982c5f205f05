import { type JsonValue, jsonPointer } from '@orchestrator/contracts';
import { compileCondition } from '../condition/compile.ts';
import type { Condition } from '../condition/condition.ts';
import { templateLimits } from '../template/limits.ts';
import type { PathReference } from '../template/nodes.ts';
import { scanTemplate } from '../template/scan.ts';
import { type CompiledTemplates, compileTemplates, templatePaths, templatesIn } from '../template/templates.ts';
import { type DocumentPath, type DocumentStep, type Fields, fieldsOf, textField } from './document.ts';
import type { IssueList } from './issue-list.ts';
import { messageTexts } from './message-texts.ts';

/** Weight of all templates of one workflow together, see `TemplateScan`: a definition may be a megabyte of nothing but tags. */
const maxWeight = 4_000;

/** The compiled expressions of a document, by pointer. */
export interface CompiledExpressions {
  readonly templates: ReadonlyMap<string, CompiledTemplates>;
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly references: readonly LocatedReference[];
}

/** A path in an expression that starts at a root of the scope. */
export interface LocatedReference extends PathReference {
  /** Path of the string it stands in. */
  readonly path: DocumentPath;
  /** Position of the step it stands in. */
  readonly step: number;
  readonly language: 'template' | 'condition';
}

interface TemplateField {
  readonly path: DocumentPath;
  readonly value: unknown;
}

/** The fields of each action that may hold templates. */
function templateFields({ index, fields }: DocumentStep): readonly TemplateField[] {
  const at = (owner: Fields, path: DocumentPath, keys: readonly string[]): readonly TemplateField[] =>
    keys.filter((key) => Object.hasOwn(owner, key)).map((key) => ({ path: ['steps', index, ...path, key], value: owner[key] }));
  switch (fields.action) {
    case 'generate': {
      const input = fieldsOf(fields.input);
      // Texts without a tag stay as they are, whatever their length.
      const texts = messageTexts(input.messages).filter(({ text }) => text.includes('{{'));
      return [
        ...at(input, ['input'], ['prompt', 'systemPrompt', 'maxTokens', 'temperature', 'seed', 'topP']),
        ...texts.map(({ path, text }) => ({ path: ['steps', index, 'input', ...path], value: text })),
      ];
    }
    case 'delay':
      return at(fields, [], ['delayMs', 'until']);
    case 'transform':
      return at(fields, [], ['set']);
    case 'fail':
      return at(fields, [], ['message']);
    default:
      return [];
  }
}

/** Stops counting once it is over the limit. */
function weightOf(value: unknown): number {
  if (typeof value === 'string')
    return value.includes('{{') && value.length <= templateLimits.sourceChars ? scanTemplate(value).weight : 0;
  if (typeof value !== 'object' || value === null) return 0;
  let weight = 0;
  for (const part of Object.values(value)) {
    weight += weightOf(part);
    if (weight > maxWeight) break;
  }
  return weight;
}

/** Compiles every template and condition of the document, and reports those that aren't valid. */
export function compileExpressions(steps: readonly DocumentStep[], issues: IssueList): CompiledExpressions {
  const templates = new Map<string, CompiledTemplates>();
  const conditions = new Map<string, Condition>();
  const references: LocatedReference[] = [];
  let weight = 0;
  for (const step of steps) {
    for (const key of ['when', 'condition']) compileStepCondition(step, key, conditions, references, issues);
    for (const { path, value } of templateFields(step)) {
      weight += weightOf(value);
      if (weight > maxWeight) {
        issues.add(path, 'too-many-templates', 'the templates of this workflow are too many or too long to be checked');
        return { templates, conditions, references };
      }
      const result = compileTemplates(value as JsonValue);
      if (!result.ok) {
        for (const fault of result.faults) issues.add([...path, ...fault.path], 'invalid-template', described(fault));
        continue;
      }
      templates.set(jsonPointer(path), result.templates);
      for (const found of templatesIn(result.templates)) {
        const located = { path: [...path, ...found.path], step: step.index, language: 'template' } as const;
        references.push(...templatePaths(found.template).map((reference) => ({ ...reference, ...located })));
      }
    }
  }
  return { templates, conditions, references };
}

function compileStepCondition(
  step: DocumentStep,
  key: string,
  conditions: Map<string, Condition>,
  references: LocatedReference[],
  issues: IssueList,
): void {
  const source = textField(step.fields, key);
  if (source === null) return;
  const path = ['steps', step.index, key];
  const result = compileCondition(source);
  if (!result.ok) {
    issues.add(path, 'invalid-condition', described(result));
    return;
  }
  conditions.set(jsonPointer(path), result.condition);
  references.push(
    ...result.condition.references.map((reference) => ({ ...reference, path, step: step.index, language: 'condition' as const })),
  );
}

function described({ message, offset }: { readonly message: string; readonly offset?: number }): string {
  return offset === undefined ? message : `${message} (at character ${offset + 1})`;
}

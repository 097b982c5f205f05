import type { JsonValue } from '@orchestrator/contracts';
import { templateLimits } from './limits.ts';
import type { PathReference, Template } from './nodes.ts';
import { Rendering } from './rendering.ts';
import type { TemplateFault } from './scan.ts';
import type { TemplateScope } from './scope.ts';
import { compileTemplate } from './template.ts';
import { jsonChars } from './value-text.ts';

/** A JSON value with its templates compiled; parts without any are kept as they are. */
export type CompiledTemplates =
  | { readonly type: 'literal'; readonly value: JsonValue }
  | { readonly type: 'template'; readonly template: Template }
  | { readonly type: 'list'; readonly items: readonly CompiledTemplates[] }
  | { readonly type: 'object'; readonly fields: readonly (readonly [key: string, value: CompiledTemplates])[] };

/** A fault in one string of a structure. */
interface LocatedFault extends TemplateFault {
  /** Keys and indexes that lead to the string. */
  readonly path: readonly (string | number)[];
}

type TemplatesResult =
  | { readonly ok: true; readonly templates: CompiledTemplates }
  | { readonly ok: false; readonly faults: readonly LocatedFault[] };

/** Compiles every string inside a JSON value; keys of objects are taken literally. */
export function compileTemplates(value: JsonValue): TemplatesResult {
  const faults: LocatedFault[] = [];
  const templates = compileValue(value, [], faults);
  return faults.length === 0 ? { ok: true, templates } : { ok: false, faults };
}

function compileValue(value: JsonValue, path: readonly (string | number)[], faults: LocatedFault[]): CompiledTemplates {
  if (typeof value === 'string') {
    const result = compileTemplate(value);
    if (!result.ok) {
      faults.push({ path, message: result.message, ...(result.offset !== undefined && { offset: result.offset }) });
      return { type: 'literal', value };
    }
    return value.includes('{{') ? { type: 'template', template: result.template } : { type: 'literal', value };
  }
  if (typeof value !== 'object' || value === null) return { type: 'literal', value };
  if (path.length >= templateLimits.valueDepth) {
    faults.push({ path, message: `is nested more than ${templateLimits.valueDepth} deep` });
    return { type: 'literal', value: null };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileValue(item, [...path, index], faults));
    return items.every((item) => item.type === 'literal') ? { type: 'literal', value } : { type: 'list', items };
  }
  const fields = Object.entries(value).map(([key, field]) => [key, compileValue(field, [...path, key], faults)] as const);
  return fields.every(([, field]) => field.type === 'literal') ? { type: 'literal', value } : { type: 'object', fields };
}

/**
 * Fills in every template of a compiled value.
 * @throws TemplateError also when the result would take more than 1,048,576 characters as JSON
 */
export function renderTemplates(templates: CompiledTemplates, scope: TemplateScope): JsonValue {
  const value = renderValue(templates, new Rendering(scope));
  jsonChars(value, templateLimits.valueChars);
  return value;
}

function renderValue(templates: CompiledTemplates, rendering: Rendering): JsonValue {
  switch (templates.type) {
    case 'literal':
      return templates.value;
    case 'template':
      return rendering.value(templates.template);
    case 'list':
      return templates.items.map((item) => renderValue(item, rendering));
    case 'object':
      // fromEntries defines own fields, so a key such as "__proto__" can't reach a prototype.
      return Object.fromEntries(templates.fields.map(([key, field]) => [key, renderValue(field, rendering)]));
  }
}

/**
 * Renders one template: a source that is a single tag keeps the type of its value, everything else gives text.
 * @throws TemplateError
 */
export function renderTemplate(template: Template, scope: TemplateScope): JsonValue {
  return new Rendering(scope).value(template);
}

/** The paths that start at a root of the scope for certain; inside `#each` and `#with` most may be fields of the item. */
export function templatePaths(template: Template): readonly PathReference[] {
  return template.references;
}

/** All templates inside a compiled value, with the keys that lead to them. */
export function templatesIn(
  templates: CompiledTemplates,
  path: readonly (string | number)[] = [],
): readonly { readonly path: readonly (string | number)[]; readonly template: Template }[] {
  switch (templates.type) {
    case 'literal':
      return [];
    case 'template':
      return [{ path, template: templates.template }];
    case 'list':
      return templates.items.flatMap((item, index) => templatesIn(item, [...path, index]));
    case 'object':
      return templates.fields.flatMap(([key, field]) => templatesIn(field, [...path, key]));
  }
}

import { maxSteps, workflowDefinitionSchema } from '@orchestrator/contracts';
import type { DocumentPath, Fields } from './document.ts';
import type { IssueList } from './issue-list.ts';
import { unknownFieldMessage } from './structure.ts';

/** What we read of a zod schema: enough to walk a document along it. */
interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly innerType?: SchemaNode;
    readonly element?: SchemaNode;
    readonly options?: readonly SchemaNode[];
    readonly discriminator?: string;
    readonly shape?: Readonly<Record<string, SchemaNode>>;
    readonly values?: readonly unknown[];
  };
}

/**
 * Reports every field that the schema doesn't know, at the field itself. The schema reports them too, but only of objects
 * that have no other fault, so a misspelt field would stay hidden behind a wrong type.
 */
export function findUnknownFields(document: Fields, issues: IssueList): void {
  walk(workflowDefinitionSchema as unknown as SchemaNode, document, [], issues);
}

function walk({ def }: SchemaNode, value: unknown, path: DocumentPath, issues: IssueList): void {
  if (def.innerType !== undefined) walk(def.innerType, value, path, issues);
  if (typeof value !== 'object' || value === null) return;
  if (def.element !== undefined && Array.isArray(value)) {
    for (const [index, item] of value.slice(0, maxSteps).entries()) walk(def.element, item, [...path, index], issues);
  }
  if (Array.isArray(value)) return;
  const fields = value as Fields;
  if (def.shape !== undefined) walkObject(def.shape, fields, path, issues);
  if (def.discriminator !== undefined) {
    const option = optionFor(def.options ?? [], def.discriminator, fields);
    if (option !== undefined) walk(option, fields, path, issues);
  }
}

function optionFor(options: readonly SchemaNode[], discriminator: string, fields: Fields): SchemaNode | undefined {
  const tag = Object.hasOwn(fields, discriminator) ? fields[discriminator] : undefined;
  return options.find(({ def }) => def.shape?.[discriminator]?.def.values?.includes(tag));
}

function walkObject(shape: Readonly<Record<string, SchemaNode>>, fields: Fields, path: DocumentPath, issues: IssueList): void {
  for (const [key, value] of Object.entries(fields)) {
    const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (schema !== undefined) walk(schema, value, [...path, key], issues);
    else if (!key.startsWith('x-')) issues.add([...path, key], 'unknown-field', unknownFieldMessage(key, Object.keys(shape)));
  }
}

import type { Issue, JsonObject } from '@orchestrator/contracts';

export interface NamedDefinition {
  readonly document: JsonObject;
  /** Pointers relative to the request body. */
  readonly issues: readonly Issue[];
  /** Moves an issue of the document to where the cause stands in the request body. */
  toBodyIssue(issue: Issue): Issue;
}

/**
 * Brings the `name` and `version` beside a definition and those inside it together: where the definition has none, it
 * takes them from the body; where both have one, they must agree.
 */
export function nameDefinition(body: Readonly<Record<string, unknown>>, definition: JsonObject): NamedDefinition {
  const document: Record<string, unknown> = { ...definition };
  const issues: Issue[] = [];
  const taken = new Set<string>();
  for (const field of ['name', 'version']) {
    const given = Object.hasOwn(body, field) ? body[field] : undefined;
    if (given === undefined) continue;
    if (!Object.hasOwn(definition, field)) {
      document[field] = given;
      taken.add(`/${field}`);
    } else if (definition[field] !== given) {
      issues.push({ pointer: `/${field}`, code: 'mismatch', message: `differs from the ${field} in the definition` });
    }
  }
  return {
    document: document as JsonObject,
    issues,
    toBodyIssue: (issue) => ({ ...issue, pointer: taken.has(issue.pointer) ? issue.pointer : `/definition${issue.pointer}` }),
  };
}

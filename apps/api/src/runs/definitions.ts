import { type Issue, type JsonObject, type NanoUsd, nanoUsdFromUsd, type Priority } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ValidateWorkflow } from '../ports.ts';
import { canonicalSha256 } from './canonical-json.ts';

/** What starting a run needs to know of a valid definition. */
export interface DefinitionFacts {
  readonly sha256: string;
  readonly name: string;
  readonly version: number;
  readonly timeoutMs: number;
  readonly maxCostNanoUsd?: NanoUsd;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
}

export type CheckedDefinition =
  | { readonly ok: true; readonly facts: DefinitionFacts }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const maxRemembered = 500;

/**
 * Checks definitions and remembers the last 500 valid ones by their hash: a workflow that is submitted again and again
 * costs a hash instead of a validation, which parses every template and condition.
 */
export function createDefinitionCheck(validateWorkflow: ValidateWorkflow): (document: JsonObject) => CheckedDefinition {
  const remembered = new Map<string, DefinitionFacts>();

  function remember(facts: DefinitionFacts): void {
    const oldest = remembered.keys().next();
    if (remembered.size >= maxRemembered && oldest.done !== true) remembered.delete(oldest.value);
    remembered.set(facts.sha256, facts);
  }

  return (document) => {
    const sha256 = canonicalSha256(document);
    const known = remembered.get(sha256);
    if (known !== undefined) {
      remembered.delete(sha256);
      remembered.set(sha256, known);
      return { ok: true, facts: known };
    }
    const verdict = validateWorkflow(document);
    if (!verdict.ok) return verdict;
    const { definition, plan } = verdict;
    const facts: DefinitionFacts = omitUndefined({
      sha256,
      name: definition.name,
      version: definition.version ?? 1,
      timeoutMs: plan.timeoutMs,
      maxCostNanoUsd: definition.maxCostUSD === undefined ? undefined : nanoUsdFromUsd(definition.maxCostUSD),
      priority: definition.priority,
      tags: definition.tags,
    });
    remember(facts);
    return { ok: true, facts };
  };
}

/** Moves issues of a document to where the document stands in the request body. */
export function issuesUnder(prefix: string, issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => ({ ...issue, pointer: `${prefix}${issue.pointer}` }));
}

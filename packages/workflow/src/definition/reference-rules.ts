import type { DocumentStep } from './document.ts';
import type { LocatedReference } from './expressions.ts';
import type { DocumentFlow } from './graph-rules.ts';
import type { IssueList } from './issue-list.ts';

const roots: readonly string[] = ['input', 'run', 'steps', 'error'];
const stepFields: readonly string[] = ['output', 'status', 'error', 'costUSD', 'usage', 'attempts'];

/** Checks the roots, step ids and fields of steps that expressions name; what `input` holds is only known at run time. */
export function checkReferences(
  references: readonly LocatedReference[],
  steps: readonly DocumentStep[],
  { positions, reachability }: DocumentFlow,
  issues: IssueList,
  warnings: IssueList,
): void {
  for (const reference of references) {
    const [root = '', ...rest] = reference.parts;
    if (roots.includes(root) && root !== 'steps') continue;
    const [id, field] = root === 'steps' ? rest : [root, rest[0]];
    if (id === undefined) continue;
    const position = positions.get(id);
    if (position === undefined) {
      issues.add(reference.path, 'unknown-reference', unknownMessage(id, root === 'steps', reference, steps));
    } else if (field !== undefined && !stepFields.includes(field)) {
      issues.add(
        reference.path,
        'unknown-reference',
        `a step has no "${field.slice(0, 64)}"; it has ${stepFields.join(', ')}${at(reference)}`,
      );
    } else if (!reachability.canFollow(position, reference.step)) {
      warnings.add(reference.path, 'never-available', `"${id}" never runs before this step, so it has no result here`);
    }
  }
}

function at({ offset }: LocatedReference): string {
  return ` (at character ${offset + 1})`;
}

function unknownMessage(id: string, isBelowSteps: boolean, reference: LocatedReference, steps: readonly DocumentStep[]): string {
  const name = id.slice(0, 64);
  if (isBelowSteps) return `there is no step "${name}"${at(reference)}`;
  const dashed = reference.language === 'condition' ? steps.find((step) => step.id?.startsWith(`${id}-`)) : undefined;
  const hint = dashed === undefined ? '' : `; in a condition an id with - is written steps["${dashed.id}"]`;
  return `"${name}" is neither a step nor one of ${roots.join(', ')}${hint}${at(reference)}`;
}

import { listItems } from './list-items.ts';
import { nearMatch } from './near-match.ts';

/** What a name of one's own stands for. */
export interface ModelAlias {
  readonly provider: string;
  readonly model: string;
}

/** Names that already mean something where a model is asked for. */
const reservedNames: ReadonlySet<string> = new Set(['auto', 'cheapest', 'fastest']);

const variable = 'ORCHESTRATOR_MODEL_ALIASES';
/** Model ids contain slashes, so only the first one ends the provider. */
const aliasItem = /^([A-Za-z0-9][A-Za-z0-9._:/@-]{0,199})\s*=\s*([a-z0-9_-]+)\/(\S{1,200})$/;

/**
 * Reads `smart=acme/large,fast=big-corp/family/small`. Broken items are added to `problems`.
 * @param knownIds - nothing is checked where a process knows no provider at all
 */
export function readModelAliases(
  list: string | undefined,
  knownIds: readonly string[],
  problems: string[],
): Readonly<Record<string, ModelAlias>> {
  const aliases: Record<string, ModelAlias> = Object.create(null);
  for (const item of listItems(list)) {
    const [, name, provider, model] = aliasItem.exec(item) ?? [];
    if (name === undefined || provider === undefined || model === undefined) {
      problems.push(`${variable} must be a list such as smart=provider/model (it has ${JSON.stringify(item)})`);
    } else if (reservedNames.has(name)) {
      problems.push(`${variable} can't give "${name}" another meaning`);
    } else if (name in aliases) {
      problems.push(`${variable} names "${name}" twice`);
    } else {
      aliases[name] = { provider, model };
      if (knownIds.length === 0 || knownIds.includes(provider)) continue;
      const guess = nearMatch(provider, knownIds);
      problems.push(
        `${variable} names an unknown provider "${provider}"${guess === undefined ? '' : ` (did you mean ${guess}?)`}`,
      );
    }
  }
  return aliases;
}

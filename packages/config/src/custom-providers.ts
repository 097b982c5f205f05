import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What is used of the schema that one custom endpoint must satisfy; a zod schema fits. */
export interface CustomProviderSchema<Custom> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: Custom }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
      };
}

const variable = 'ORCHESTRATOR_CUSTOM_PROVIDERS';

/** The JSON text: the value itself when it starts with `[`, else the content of the file it names. */
function readText(value: string, problems: string[]): string | null {
  if (value.startsWith('[')) return value;
  try {
    return readFileSync(resolve(value), 'utf8');
  } catch {
    problems.push(`${variable} names a file that can't be read; give a path, or a JSON list`);
    return null;
  }
}

function readList(text: string, problems: string[]): readonly unknown[] {
  try {
    const document: unknown = JSON.parse(text);
    if (Array.isArray(document)) return document;
  } catch {
    // Told below. The parser's own message would quote the text, which may hold keys.
  }
  problems.push(`${variable} must be a JSON list of endpoints`);
  return [];
}

function pathOf(index: number, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    `[${index}]`,
  );
}

/**
 * Reads the endpoints that the environment adds to the registry. Broken ones are added to `problems`, values left out.
 * @param value - a JSON list, or the path of a file with one, relative to the working directory
 * @param takenIds - ids that a custom endpoint must not have
 */
export function readCustomProviders<Custom extends { readonly name: string }>(
  value: string | undefined,
  schema: CustomProviderSchema<Custom>,
  takenIds: readonly string[],
  problems: string[],
): readonly Custom[] {
  if (value === undefined) return [];
  const text = readText(value, problems);
  if (text === null) return [];
  const names = new Set(takenIds);
  return readList(text, problems).flatMap((entry, index) => {
    const parsed = schema.safeParse(entry);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) problems.push(`${variable}${pathOf(index, issue.path)}: ${issue.message}`);
      return [];
    }
    const { name } = parsed.data;
    if (names.has(name)) problems.push(`${variable}[${index}].name: "${name}" is taken`);
    names.add(name);
    return [parsed.data];
  });
}

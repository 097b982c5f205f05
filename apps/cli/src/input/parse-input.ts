import { readText } from './read-text.ts';
import { UsageError } from './usage-error.ts';

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Makes the input of a run from `--input` options, in their order: `name=value` sets a field, to JSON where the value is some and to
 * the text otherwise; `name=@file` takes the value from a file (`-`: standard input); `@file` merges all fields of a JSON object.
 * A name with dots goes into objects: `user.name=Ada`.
 * @returns undefined without options
 * @throws UsageError
 */
export async function parseInput(options: readonly string[]): Promise<Record<string, unknown> | undefined> {
  if (options.length === 0) return undefined;
  let input: Record<string, unknown> = {};
  for (const option of options) {
    if (option.startsWith('@')) {
      input = { ...input, ...(await readObject(option.slice(1))) };
      continue;
    }
    const [, name = '', value] = /^([^=]+)=([\s\S]*)$/.exec(option) ?? [];
    if (value === undefined)
      throw new UsageError(`--input takes name=value, name=@file or @file, not ${JSON.stringify(option)}.`);
    setField(input, name, jsonOrText(value.startsWith('@') ? await readText(value.slice(1)) : value));
  }
  return input;
}

async function readObject(path: string): Promise<object> {
  const value = jsonOrText(await readText(path));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`${path} is no JSON object.`);
}

function setField(input: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.');
  let target = input;
  for (const [index, key] of path.entries()) {
    if (key === '' || key === '__proto__') throw new UsageError(`${JSON.stringify(name)} is no name of a field.`);
    if (index === path.length - 1) target[key] = value;
    else {
      const inner = target[key];
      const next: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {};
      target[key] = next;
      target = next;
    }
  }
}

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './usage-error.ts';

/**
 * A file's text; `-` is standard input.
 * @throws UsageError
 */
export async function readText(path: string): Promise<string> {
  if (path === '-') return await text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `There is no file ${path}.` : `${path} can't be read: ${code}.`);
  }
}

/**
 * A file's JSON object.
 * @throws UsageError
 */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  const content = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError(`${path} is no JSON object.`);
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { AppError } from '@orchestrator/contracts';

export type Environment = Readonly<Record<string, string | undefined>>;

function findRepositoryRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return folder;
    if (dirname(folder) === folder) return process.cwd();
  }
}

/** Absolute path of the checkout (the working directory when the packages were deployed without one). */
export const repositoryRoot: string = findRepositoryRoot(import.meta.dirname);

/**
 * The process's environment over the `.env` file of the repository root, where there is one.
 * @param options.file - another `.env` file
 * @param options.environment - @defaultValue `process.env`
 * @throws AppError `invalid-configuration` when the file exists but can't be read
 */
export function readEnvironment(options: { readonly file?: string; readonly environment?: Environment } = {}): Environment {
  const file = options.file ?? resolve(repositoryRoot, '.env');
  const environment = options.environment ?? process.env;
  if (!existsSync(file)) return environment;
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...environment };
  } catch (cause) {
    throw new AppError('invalid-configuration', `Invalid configuration: ${file} can't be read.`, { cause });
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block: the first word of its info string is the language, the rest says what to do with it. */
export interface FencedBlock {
  readonly language: string;
  /** `run`, `response`, `workflow`, …; empty for blocks that are only shown. */
  readonly role: string;
  /** What follows the role. */
  readonly attributes: string;
  readonly text: string;
  /** File and line, for messages. */
  readonly place: string;
}

/** Every page, relative to the repository. */
export function allPages(): readonly string[] {
  const docs = readdirSync(join(repositoryRoot, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(repositoryRoot, join(entry.parentPath, entry.name)));
  const packages = readdirSync(join(repositoryRoot, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((page) => existsSync(join(repositoryRoot, page)));
  return ['README.md', 'CONTRIBUTING.md', ...packages, ...docs.sort()];
}

export function readPage(page: string): string {
  return readFileSync(join(repositoryRoot, page), 'utf8');
}

/** The fenced blocks of a page in order, without the indentation of a list around them. */
export function fencedBlocks(page: string): readonly FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { indent: string; info: string; lines: string[]; line: number } | null = null;
  for (const [index, line] of readPage(page).split('\n').entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (open === null) {
      if (fence !== null) open = { indent: fence[1] ?? '', info: (fence[2] ?? '').trim(), lines: [], line: index + 1 };
      continue;
    }
    if (fence === null) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
      continue;
    }
    const [, language = '', role = '', attributes = ''] = /^(\S*)\s*(\S*)\s*(.*)$/.exec(open.info) ?? [];
    blocks.push({ language, role, attributes, text: open.lines.join('\n'), place: `${page}:${open.line}` });
    open = null;
  }
  if (open !== null) throw new Error(`${page}: the block of line ${open.line} has no end`);
  return blocks;
}

/** A page without its fenced blocks. */
export function prose(page: string): string {
  return readPage(page).replaceAll(/^\s*```[\s\S]*?^\s*```$/gm, '');
}

/** The first cells of the rows of all tables, code spans only. */
export function namesInTables(page: string): ReadonlySet<string> {
  const cells = [...prose(page).matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)));
}

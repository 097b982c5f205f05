import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { type FencedBlock, repositoryRoot } from './markdown.ts';

export interface ShellOptions {
  readonly blocks: readonly FencedBlock[];
  /** Texts of the documentation and what stands there in this run, e.g. the address. */
  readonly replacements: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Stands in for `psql <url> -c <sql>`, which a machine need not have. */
const psql = `
import pg from 'pg';
const [url, option, sql] = process.argv.slice(1);
if (option !== '-c') throw new Error('psql <url> -c <sql> is all there is');
const client = new pg.Client(url);
await client.connect();
console.log(JSON.stringify((await client.query(sql)).rows));
await client.end();
`;

/** Stands in for `npx orchestrator`, which runs what was built: here it runs from source. */
const orchestrator = join(repositoryRoot, 'apps/cli/src/main.ts');
const npx = `#!/bin/sh
[ "$1" = orchestrator ] || { echo "npx orchestrator is all there is" >&2; exit 1; }
shift
exec '${process.execPath}' --conditions=@orchestrator/source '${orchestrator}' "$@"
`;

export function replaceAllOf(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/**
 * Runs blocks as one reader would: in one shell, one after the other, in the repository's root.
 * @returns the standard output of each block
 * @throws when a block ends with an error, or when the time is over
 */
export async function runInShell(options: ShellOptions): Promise<readonly string[]> {
  const folder = await makeScratchFolder('docs-shell');
  const output = (index: number, kind: string) => join(folder, `${index}.${kind}`);
  const script = options.blocks.map((block, index) => {
    const text = replaceAllOf(block.text, options.replacements);
    return `{\n${text}\n} >${output(index, 'out')} 2>${output(index, 'err')}\necho $? >${output(index, 'code')}\n`;
  });
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  const quoted = `'${psql.replaceAll("'", "'\\''")}'`;
  writeFileSync(join(programs, 'psql'), `#!/bin/sh\nexec '${process.execPath}' --input-type=module -e ${quoted} -- "$@"\n`);
  writeFileSync(join(programs, 'npx'), npx);
  for (const program of ['psql', 'npx']) chmodSync(join(programs, program), 0o755);

  const shell = spawn('bash', ['-c', script.join('')], {
    cwd: repositoryRoot,
    stdio: 'ignore',
    detached: true,
    env: {
      PATH: [programs, dirname(process.execPath), process.env.PATH].join(':'),
      HOME: folder,
      ORCHESTRATOR_URL: replaceAllOf('http://127.0.0.1:3000', options.replacements),
    },
  });
  const timer = setTimeout(() => {
    // Its own group: what the blocks started ends with it.
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  }, options.timeoutMs);
  await once(shell, 'close');
  clearTimeout(timer);

  return options.blocks.map((block, index) => {
    const code = existsSync(output(index, 'code')) ? readFileSync(output(index, 'code'), 'utf8').trim() : 'none';
    const text = (kind: string) => (existsSync(output(index, kind)) ? readFileSync(output(index, kind), 'utf8') : '');
    if (code !== '0') throw new Error(`${block.place} ended with code ${code}:\n${text('out')}\n${text('err')}`);
    return text('out');
  });
}

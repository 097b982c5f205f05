import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { spawnNode } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { expectText } from './expected.ts';
import { fencedBlocks, repositoryRoot } from './markdown.ts';
import { replaceAllOf } from './shell.ts';
import type { DocumentedSystem } from './system.ts';
import { typeErrors } from './type-errors.ts';

const endOfBlock = '--- end of block ---';
const programLimitMs = 90_000;

/** The packages that a reader imports, where they stand in this checkout. */
const packages = { "'@orchestrator/client'": `'${join(repositoryRoot, 'packages/client/src/index.ts')}'` };

/**
 * Compiles the `ts run` blocks of a page as one program, runs it, and compares what each block prints with the response behind it.
 * @returns the number of blocks that ran
 */
export async function runProgram(page: string, system: DocumentedSystem): Promise<number> {
  const blocks = fencedBlocks(page);
  const code = blocks.filter(({ language, role }) => language === 'ts' && role === 'run');
  const text = code.map((block) => `${block.text}\nconsole.log('${endOfBlock}');\n`).join('\n');
  const folder = await makeScratchFolder('docs-program');
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  const file = join(folder, 'page.ts');
  writeFileSync(file, replaceAllOf(text, { ...system.replacements, ...packages }));
  expect(await typeErrors(file), page).toBe('');

  const program = spawnNode({ entry: file });
  await program.expectExit({ exitCode: 0 }, programLimitMs);
  const outputs = program.lines.join('\n').split(endOfBlock);
  for (const [index, block] of blocks.entries()) {
    const before = code.indexOf(blocks[index - 1] as (typeof blocks)[number]);
    if (block.role === 'response' && before !== -1) expectText(outputs[before] ?? '', block.text, block.place);
  }
  return code.length;
}

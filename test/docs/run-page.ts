import { expectEvents, expectHttp, expectShape, expectText, jsonIn } from './expected.ts';
import { fencedBlocks } from './markdown.ts';
import { runInShell } from './shell.ts';
import type { DocumentedSystem } from './system.ts';

const pageLimitMs = 120_000;

/**
 * Runs the shell blocks of a page in one shell and compares each response with the output before it.
 * @param attribute - only blocks with this attribute; the responses behind them are theirs
 * @returns the number of blocks that ran
 */
export async function runPage(page: string, system: DocumentedSystem, attribute = ''): Promise<number> {
  const blocks = fencedBlocks(page);
  const shellBlocks = blocks.filter(
    ({ language, role, attributes }) => language === 'sh' && role === 'run' && attributes === attribute,
  );
  const outputs = await runInShell({ blocks: shellBlocks, replacements: system.replacements, timeoutMs: pageLimitMs });
  let latest: string | undefined;
  for (const block of blocks) {
    if (block.language === 'sh') latest = outputs[shellBlocks.indexOf(block)];
    if (block.role !== 'response' || latest === undefined) continue;
    if (block.language === 'http') expectHttp(latest, block.text, block.place);
    else if (block.language === 'text') expectText(latest, block.text, block.place);
    else if (block.language === 'sse') expectEvents(latest, block.text, block.place);
    else expectShape(jsonIn(latest), JSON.parse(block.text), block.place);
  }
  return shellBlocks.length;
}

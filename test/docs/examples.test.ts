import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { allPages, type FencedBlock, fencedBlocks } from './markdown.ts';
import { runProgram } from './program.ts';
import { runPage } from './run-page.ts';
import { type DocumentedSystem, startSystem } from './system.ts';

failOnLeakedProcesses();

let system: DocumentedSystem;
beforeAll(async () => {
  system = await startSystem(await makeScratchFolder('examples'));
}, 90_000);
afterAll(() => system.stop());

interface Answer {
  readonly runId: string;
  readonly status: string;
  readonly output?: unknown;
}

async function runWorkflow(block: FencedBlock): Promise<Answer> {
  const input: unknown = block.attributes === '' ? {} : JSON.parse(block.attributes.replace(/^input=/, ''));
  const answer = await fetch(`${system.url}/api/workflows/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: JSON.parse(block.text), input }),
  });
  const body = (await answer.json()) as Answer;
  expect(answer.status, `${block.place}: ${JSON.stringify(body)}`).toBe(200);
  return body;
}

const pages = allPages();
const workflowPages = pages.filter((page) => fencedBlocks(page).some(({ role }) => role === 'workflow'));
// The README has a test of its own.
const shellPages = pages.filter(
  (page) => page !== 'README.md' && fencedBlocks(page).some(({ language, role }) => language === 'sh' && role === 'run'),
);
const programPages = pages.filter((page) => fencedBlocks(page).some(({ language, role }) => language === 'ts' && role === 'run'));
const sqlBlocks = pages.flatMap((page) =>
  fencedBlocks(page).filter(({ language, role }) => language === 'sql' && role === 'run'),
);

describe.each(workflowPages)('workflows of %s', (page) => {
  const blocks = fencedBlocks(page);
  it.each(
    blocks.flatMap((block, index): [string, FencedBlock, FencedBlock | undefined][] =>
      block.role === 'workflow'
        ? [[block.place, block, blocks[index + 1]?.role === 'output' ? blocks[index + 1] : undefined]]
        : [],
    ),
  )('%s completes', async (place, block, output) => {
    const answer = await runWorkflow(block);
    expect(answer.status, `${place}: ${JSON.stringify(answer)}`).toBe('completed');
    if (output !== undefined) expect(answer.output, output.place).toEqual(JSON.parse(output.text));
  });
});

it.each(shellPages)('%s runs in a shell', { timeout: 150_000 }, async (page) => {
  expect(await runPage(page, system)).toBeGreaterThan(0);
});

it.each(programPages)('%s compiles and runs as a program', { timeout: 150_000 }, async (page) => {
  expect(await runProgram(page, system)).toBeGreaterThan(0);
});

it.each(sqlBlocks.map((block): [string, string] => [block.place, block.text]))('%s is a query', async (_, text) => {
  const run = fencedBlocks('docs/dsl.md').find(({ role }) => role === 'workflow');
  if (run === undefined) throw new Error('docs/dsl.md has no workflow');
  const { runId } = await runWorkflow(run);
  const client = new Client({ connectionString: system.databaseUrl() });
  await client.connect();
  try {
    const { rows } = await client.query(text.replaceAll('<run id>', runId));
    if (text.includes('<run id>')) expect(rows.length).toBeGreaterThan(0);
  } finally {
    await client.end();
  }
});

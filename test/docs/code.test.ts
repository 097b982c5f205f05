import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { fencedBlocks, repositoryRoot } from './markdown.ts';
import { typeErrors } from './type-errors.ts';

/** A TypeScript block of CONTRIBUTING.md in a file of its own; relative imports lead where they would from `home`. */
async function writeBlock(role: string, home: string): Promise<string> {
  const block = fencedBlocks('CONTRIBUTING.md').find((each) => each.language === 'ts' && each.role === role);
  if (block === undefined) throw new Error(`CONTRIBUTING.md has no block "ts ${role}"`);
  const base = pathToFileURL(`${join(repositoryRoot, home)}/`);
  const text = block.text.replaceAll(/from '(\.[^']+)'/g, (_, path: string) => `from '${new URL(path, base).pathname}'`);
  const folder = await makeScratchFolder('docs-code');
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  const file = join(folder, `${role}.ts`);
  writeFileSync(file, text);
  return file;
}

it('the provider of CONTRIBUTING.md compiles and calls its vendor', { timeout: 60_000 }, async () => {
  const file = await writeBlock('provider', 'packages/adapters/src/providers/acme');
  expect(await typeErrors(file)).toBe('');
  const upstream = await startUpstream();
  try {
    const { acme } = await import(/* @vite-ignore */ file);
    const adapter = acme.createAdapter({ apiKey: 'test-key', baseUrl: upstream.baseUrl('acme', acme.defaultBaseUrl) });
    const result = await adapter.generate(
      { prompt: 'Hello', maxTokens: 50 },
      { signal: new AbortController().signal, timeoutMs: 10_000 },
    );
    expect(result).toMatchObject({ provider: 'acme', model: 'acme-small', finishReason: 'stop', costBasis: 'catalogue' });
    expect(result.costNanoUsd).toBeGreaterThan(0);
  } finally {
    await upstream.close();
  }
});

it('the action of CONTRIBUTING.md compiles and prepares its step', { timeout: 60_000 }, async () => {
  const file = await writeBlock('action', 'packages/workflow/src/actions');
  expect(await typeErrors(file)).toBe('');
  const { nextMinuteAction } = await import(/* @vite-ignore */ file);
  expect(nextMinuteAction.prepare({}, { nowMs: 61_000 })).toEqual({ type: 'wait', input: null, dueAtMs: 120_000 });
});

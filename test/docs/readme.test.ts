import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { fencedBlocks } from './markdown.ts';
import { runPage } from './run-page.ts';
import { runInShell } from './shell.ts';
import { startSystem } from './system.ts';

failOnLeakedProcesses();

describe('the README', () => {
  it('leads through the first job and the death of a worker', { timeout: 240_000 }, async () => {
    const dataDir = await makeScratchFolder('readme');
    const system = await startSystem(dataDir);
    try {
      expect(await runPage('README.md', system)).toBeGreaterThanOrEqual(6);
      const log = readFileSync(join(dataDir, 'logs/worker-1.log'), 'utf8');
      const finished = log.split('\n').filter((line) => line.includes('"run finished"'));
      // Read from the log as the page says: the run that lost its worker was finished by another one.
      expect(JSON.parse(finished.at(-1) ?? '{}')).toMatchObject({ workflow: 'haiku', status: 'completed', epoch: 2 });
    } finally {
      await system.stop();
    }
  });

  it('runs a job with a real key', { timeout: 120_000 }, async () => {
    const upstream = await startUpstream();
    const system = await startSystem(await makeScratchFolder('readme'), {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: upstream.baseUrl('openai', 'https://api.openai.com/v1'),
    });
    try {
      const blocks = fencedBlocks('README.md').filter(({ role, attributes }) => role === 'run' && attributes === 'openai');
      const [output = ''] = await runInShell({ blocks, replacements: system.replacements, timeoutMs: 30_000 });
      expect(JSON.parse(output)).toMatchObject({ status: 'completed', steps: [{ provider: 'openai' }] });
      expect(upstream.summary().calls).toBe(1);

      const [other] = fencedBlocks('README.md').filter(
        ({ role, text }) => role === 'run' && text.includes('research-and-summarize'),
      );
      const [refused = ''] = await runInShell({
        blocks: other === undefined ? [] : [other],
        replacements: system.replacements,
        timeoutMs: 30_000,
      });
      expect(JSON.parse(refused)).toMatchObject({ status: 'failed', error: { name: 'Provider.InvalidRequest' } });
    } finally {
      await system.stop();
      await upstream.close();
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { providers } from '@orchestrator/adapters';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** `npm run test:live` with these variables and no others. */
async function runLive(variables: Record<string, string>): Promise<{ output: string; code: unknown }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@orchestrator/source', main], {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { output, code };
}

function variablesOf(ids: readonly string[]): Record<string, string> {
  const entries = providers
    .filter(({ id }) => ids.includes(id))
    .flatMap(({ id, defaultBaseUrl }) => [
      [`${id.toUpperCase()}_API_KEY`, `live-key-of-${id}`],
      [`${id.toUpperCase()}_BASE_URL`, upstream.baseUrl(id, defaultBaseUrl)],
    ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

const obedient = [
  { promptIncludes: 'Use the tool', toolCalls: [{ id: 'c1', name: 'get_weather', arguments: '{"city":"Paris"}' }] },
  { promptIncludes: 'as JSON', content: '{"city":"Paris"}' },
];

it('says that there are no keys, and that is no failure', async () => {
  const { output, code } = await runLive({});
  expect(output).toMatch(/^No keys: nothing was run\. Set one or more of OPENAI_API_KEY, /);
  expect(code).toBe(0);
});

it('runs every check for the vendors with a key and names the others', async () => {
  upstream.reset();
  upstream.setScript({ rules: obedient });
  const { output, code } = await runLive(variablesOf(['openai', 'anthropic', 'perplexity']));
  const lines = output.split('\n');
  const lineOf = (id: string) => lines.find((line) => line.startsWith(`${id} `));
  expect(lineOf('openai')).toMatch(/plain ok · stream ok · tools ok · schema ok · \$0\.\d+ · /);
  expect(lineOf('anthropic')).toContain('plain ok · stream ok · tools ok · schema ok');
  expect(lineOf('perplexity')).toContain('tools –');
  expect(lineOf('cohere')).toContain('not run: COHERE_API_KEY is not set');
  expect(lines).toContain(`3 passed, 0 failed, ${providers.length - 3} not run`);
  expect(code).toBe(0);
  expect(upstream.summary().calls).toBe(11);
});

it('fails with the reason, and without the key', async () => {
  upstream.setScript({ rules: [{ promptIncludes: 'Count', fault: { type: 'usage', usage: 'zero' } }, ...obedient.slice(1)] });
  const { output, code } = await runLive(variablesOf(['openai']));
  expect(output).toMatch(/^openai +plain ok · stream FAILED \(usage is .*\) · tools FAILED \(no tool was called\) · schema ok/);
  expect(output).not.toContain('live-key');
  expect(code).toBe(1);
});

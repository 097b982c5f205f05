import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, startInstallation } from '../e2e/support/installation.ts';
import { freePort } from '../support/free-port.ts';
import { failOnLeakedProcesses, spawnNode } from '../support/processes.ts';
import { runChecks } from './run-checks.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ keysOf: 'all', script: {} });
});
afterAll(() => installation?.dispose());

describe('the acceptance run', () => {
  it('passes against a running system and shows what it found', async () => {
    const run = spawnNode({ entry: 'test/acceptance/main.ts', programArguments: ['--url', installation.api.url] });
    await run.expectExit({ exitCode: 0 });
    const output = run.lines.join('\n');
    expect(output).toContain('✓ Environment Validation\n  Configured: 2/10 providers\n  Active: openai, anthropic\n');
    expect(output).toContain('✓ Provider Registry: 10 total, 2 active\n  - OpenAI: $');
    expect(output).toMatch(/✓ Cost Estimation \(openai\): \$0\.0\d+\n/);
    expect(output).toMatch(/✓ Provider Selection\n {2}Cheapest: \w+\n {2}Fastest: \w+\n/);
    expect(output).toMatch(/✓ Health Checks \(2 providers\)\n {2}OpenAI: healthy/);
    expect(output).toContain('Test Summary: 5/5 passed');
  });

  it('fails, check by check, where nothing answers', async () => {
    const lines: string[] = [];
    expect(await runChecks(`http://127.0.0.1:${await freePort()}`, (line) => lines.push(line))).toBe(false);
    const output = lines.join('\n');
    expect(output.match(/✗/g)).toHaveLength(5);
    expect(output).toContain('Test Summary: 0/5 passed');
  });
});

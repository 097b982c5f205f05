import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoLines } from './demo.ts';

const demo = {
  url: 'http://127.0.0.1:3000',
  workflowFile: '/x/w.json',
  workflowProviders: ['acme', 'other'],
  providers: [],
  logDirectory: '/x/logs',
  isEmbedded: true,
};

describe('demoLines', () => {
  it.each([
    [null, 'without any, the built-in sandbox does'],
    [[], 'the built-in sandbox answers'],
    [['acme', 'other'], 'Real providers answer, and cost money: acme, other.'],
  ])('says who answers: %o', (providers, sentence) => {
    expect(demoLines({ ...demo, providers }).join('\n')).toContain(sentence);
  });

  it('leaves the choice of the provider open when not all that are named have a key', () => {
    const command = (providers: readonly string[]) => demoLines({ ...demo, providers }).find((text) => text.startsWith('  curl'));
    expect(command([])).toContain('$(cat /x/w.json)');
    expect(command(['acme', 'other', 'third'])).toContain('$(cat /x/w.json)');
    expect(command(['acme'])).toContain(`$(sed '/"provider":/d' /x/w.json)`);
  });

  it('prints a command that a shell turns into the right request, wherever the repository is', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'demo-')), "it's a $HOME of `my` own");
    mkdirSync(folder);
    const workflowFile = join(folder, 'w.json');
    const workflow = { name: 'w', steps: [{ prompt: 'say "{{a.output}}" for $5 & `more`' }] };
    writeFileSync(workflowFile, JSON.stringify(workflow, null, 2));
    const line = demoLines({ ...demo, workflowFile }).find((text) => text.startsWith('  curl'));
    const [url, ...options] = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${line}`], {
      encoding: 'utf8',
      cwd: '/',
    })
      .split('\0')
      .slice(3, -1);
    expect(url).toBe('http://127.0.0.1:3000/api/workflows/run');
    expect(options.slice(0, 2)).toEqual(['-H', 'Content-Type: application/json']);
    expect(JSON.parse(options.at(-1) ?? '')).toEqual({ workflow });
  });
});

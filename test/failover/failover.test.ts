import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { providerIds } from '@orchestrator/adapters';
import { describe, expect, it } from 'vitest';
import { runFault } from './drive.ts';
import { faults } from './faults.ts';
import { judge, worstOf } from './judge.ts';

describe.each(providerIds)('when %s fails, another one answers in full:', (primary) => {
  it.concurrent.each(faults.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
    const runs = await runFault(fault, primary);
    expect(runs).toHaveLength(fault.modes.length * fault.forms.length);
    const isReachable = fault.forms.every(({ type }) => type !== 'refused');
    for (const run of runs) {
      expect(run).toMatchObject({ verdict: 'PASS' });
      // The faulty one was asked, once, and one healthy one after it.
      expect(run.asked).toHaveLength(isReachable ? 2 : 1);
      expect(run.asked[0] === primary).toBe(isReachable);
    }
  });
});

describe('the judge', () => {
  it('passes whole answers only', () => {
    const answer = (text: string) => judge({ type: 'answer', text, provider: 'p' }, 'all of it').verdict;
    expect([answer('all of it'), answer('all of'), answer(''), answer('half all of it')]).toEqual([
      'PASS',
      'FAIL',
      'FAIL',
      'FAIL',
    ]);
  });

  it('takes an explicit error for safe, and a retry for what it brings', () => {
    const error = { type: 'error', name: 'Provider.Truncated', shownText: 'all' } as const;
    expect(judge(error, 'all of it').verdict).toBe('SAFE');
    expect(judge({ ...error, retried: 'all of it' }, 'all of it').verdict).toBe('PASS');
    expect(judge({ ...error, retried: 'all' }, 'all of it').verdict).toBe('FAIL');
    expect(judge({ type: 'hang' }, 'all of it').verdict).toBe('FAIL');
  });

  it('gives a fault the worst verdict of its runs', () => {
    const of = (...verdicts: ('PASS' | 'SAFE' | 'FAIL')[]) => worstOf(verdicts.map((verdict) => ({ verdict, reason: '' })));
    expect([of('PASS', 'PASS'), of('PASS', 'SAFE'), of('SAFE', 'FAIL', 'PASS'), of()]).toEqual(['PASS', 'SAFE', 'FAIL', 'FAIL']);
  });
});

describe('npm run failover', () => {
  it('prints 16 faults, all passed', () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const { stdout, status } = spawnSync(process.execPath, ['--conditions=@orchestrator/source', main], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stdout).toContain('16 faults of openai: 16 PASS, 0 SAFE, 0 FAIL');
    expect(stdout.match(/^\| \d+ /gm)).toHaveLength(16);
    expect(status).toBe(0);
  });

  it('knows its providers', () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const { stdout, status } = spawnSync(process.execPath, ['--conditions=@orchestrator/source', main, '--primary', 'nobody'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect([stdout.includes('openai'), status]).toEqual([true, 2]);
  });
});

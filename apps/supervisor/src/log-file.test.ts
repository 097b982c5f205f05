import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLogFile } from './log-file.ts';

describe('openLogFile', () => {
  it('keeps the logs of the last three starts', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'log-')), 'logs');
    for (let start = 1; start <= 6; start += 1) {
      const file = openLogFile(join(folder, 'api.log'));
      file.write(`start ${start}`);
      file.close();
    }
    expect(readdirSync(folder).sort()).toEqual(['api.1.log', 'api.2.log', 'api.3.log', 'api.log']);
    expect(readFileSync(join(folder, 'api.log'), 'utf8')).toBe('start 6\n');
    expect(readFileSync(join(folder, 'api.3.log'), 'utf8')).toBe('start 3\n');
  });

  it('never grows over its bound', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const file = openLogFile(join(folder, 'worker-1.log'), 1_000);
    for (let count = 0; count < 500; count += 1) file.write(`line ${count}`);
    file.close();
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(sizes).toHaveLength(4);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(readFileSync(join(folder, 'worker-1.log'), 'utf8')).toContain('line 499');
  });
});

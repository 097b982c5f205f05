import { describe, expect, it } from 'vitest';
import { formatDuration } from './format-duration.ts';
import { formatUsd } from './format-usd.ts';
import { renderTable } from './render-table.ts';

describe('formatUsd', () => {
  it.each([
    [0, '$0'],
    [1234.5, '$1234.50'],
    [1, '$1.00'],
    [0.5, '$0.50'],
    [0.0123, '$0.0123'],
    [0.012, '$0.012'],
    [0.0042, '$0.0042'],
    [0.000257125, '$0.000257'],
    [0.00025, '$0.00025'],
    [0.000000001, '$0.000000001'],
  ])('%d is %s', (amount, text) => {
    expect(formatUsd(amount)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [42.4, '42 ms'],
    [999, '999 ms'],
    [999.7, '1.0 s'],
    [1_000, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [61_000, '1 min 1 s'],
    [3_599_700, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('renderTable', () => {
  it('makes columns as wide as their widest value, wide characters included', () => {
    const rows = [
      { name: '模型', cost: 1 },
      { name: 'a', cost: 100 },
    ];
    const columns = [
      { title: 'NAME', value: (row: (typeof rows)[0]) => row.name },
      { title: 'COST', value: (row: (typeof rows)[0]) => String(row.cost), align: 'right' as const },
      { title: 'END', value: () => 'x', paint: (cell: string) => `<${cell}>` },
    ];
    expect(renderTable(rows, columns, (title) => title)).toBe(
      ['NAME  COST  END', '模型     1  <x>', 'a      100  <x>'].join('\n'),
    );
  });
});

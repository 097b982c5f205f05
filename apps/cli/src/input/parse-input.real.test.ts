import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseInput } from './parse-input.ts';
import { UsageError } from './usage-error.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-input-'));
  await writeFile(join(folder, 'letter.txt'), 'Dear Ada,\n');
  await writeFile(join(folder, 'all.json'), '{"topic": "x", "depth": 2}');
  await writeFile(join(folder, 'list.json'), '[1]');
});
afterAll(() => rm(folder, { recursive: true }));

describe('parseInput', () => {
  it('is nothing without options', async () => {
    expect(await parseInput([])).toBeUndefined();
  });

  it('takes JSON where a value is some, and text otherwise', async () => {
    const options = ['name=Ada', 'n=3', 'list=[1, "a"]', 'flag=true', 'empty=', 'text="3"', 'equation=a=b', 'broken={x'];
    expect(await parseInput(options)).toEqual({
      name: 'Ada',
      n: 3,
      list: [1, 'a'],
      flag: true,
      empty: '',
      text: '3',
      equation: 'a=b',
      broken: '{x',
    });
  });

  it('takes files for values and for all fields; later options win', async () => {
    const options = [
      `@${join(folder, 'all.json')}`,
      `letter=@${join(folder, 'letter.txt')}`,
      'depth=3',
      `more=@${join(folder, 'list.json')}`,
    ];
    expect(await parseInput(options)).toEqual({ topic: 'x', depth: 3, letter: 'Dear Ada,\n', more: [1] });
  });

  it('reaches into objects by dots', async () => {
    expect(await parseInput(['user={"id": 1}', 'user.name=Ada', 'a.b.c=1'])).toEqual({
      user: { id: 1, name: 'Ada' },
      a: { b: { c: 1 } },
    });
  });

  it.each([['name'], ['=value'], ['a..b=1'], ['__proto__.x=1'], ['@/no/such/file'], ['x=@/no/such/file']])(
    'refuses %s',
    async (option) => {
      await expect(parseInput([option])).rejects.toThrow(UsageError);
    },
  );

  it('refuses a list for all fields', async () => {
    await expect(parseInput([`@${join(folder, 'list.json')}`])).rejects.toThrow(/no JSON object/);
  });
});

import { expect, it } from 'vitest';
import { parseIfNoneMatch, weakTag } from './entity-tag.ts';

const tag = weakTag('completed.1.3.5');

it.each([tag, '"completed.1.3.5"', `"other", ${tag}`, ` ${tag} ,"other"`, `,, ${tag},`, '*', ' * ', `"a,b",${tag}`])(
  'finds the tag in %s',
  (header) => {
    expect(parseIfNoneMatch(header)?.(tag)).toBe(true);
  },
);

it.each(['"other"', 'W/"completed.1.3"', '"completed.1.3.5 "', '""'])('does not find it in %s', (header) => {
  expect(parseIfNoneMatch(header)?.(tag) ?? false).toBe(false);
});

it.each([
  undefined,
  '',
  ',',
  'completed.1.3.5',
  `w/"completed.1.3.5"`,
  `${tag} "other"`,
  `${tag}, other`,
  `"other`,
  `*, ${tag}`,
  `${tag};x`,
])('ignores %s', (header) => {
  expect(parseIfNoneMatch(header)).toBeUndefined();
});

it('takes no time to speak of for a header of nothing but commas', () => {
  expect(parseIfNoneMatch(`${','.repeat(15_000)}x`)).toBeUndefined();
  expect(parseIfNoneMatch(`${' '.repeat(15_000)}x`)).toBeUndefined();
});

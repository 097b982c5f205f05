import { expect, it } from 'vitest';
import { createFollowers } from './followers.ts';

const runs = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `run-${from + index}`);

function createWorld() {
  const clock = { nowMs: 0 };
  return { clock, followers: createFollowers(() => clock.nowMs) };
}

it('names the topics of a run for 16 s after each time they were named', () => {
  const { followers, clock } = createWorld();
  followers.add('one', ['a', 'b']);
  clock.nowMs = 9_000;
  followers.add('two', ['a']);
  clock.nowMs = 16_000;
  expect([followers.of('a'), followers.of('b'), followers.of('c')]).toEqual([['one', 'two'], ['one'], []]);
  clock.nowMs = 16_001;
  expect([followers.of('a'), followers.of('b')]).toEqual([['two'], []]);
});

it('keeps nothing of runs that are no longer followed', () => {
  const { followers, clock } = createWorld();
  followers.add('one', runs(1_000));
  clock.nowMs = 16_001;
  followers.add('one', ['a']);
  expect(followers.count()).toBe(1);
});

it('keeps those that are named again, whoever is named meanwhile', () => {
  const { followers, clock } = createWorld();
  for (let round = 0; round < 20; round += 1) {
    clock.nowMs += 5_000;
    followers.add('one', ['a']);
    followers.add('two', runs(10, round * 10));
  }
  expect(followers.of('a')).toEqual(['one']);
  expect(followers.count()).toBeLessThan(1 + 5 * 10);
});

it('keeps no more than 200,000, the latest', () => {
  const { followers } = createWorld();
  for (let part = 0; part < 21; part += 1) followers.add('one', runs(10_000, part * 10_000));
  expect(followers.count()).toBe(200_000);
  expect(followers.of('run-9999')).toEqual([]);
  expect(followers.of('run-10000')).toEqual(['one']);
});

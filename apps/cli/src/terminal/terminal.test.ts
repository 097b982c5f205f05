import { describe, expect, it } from 'vitest';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { createLiveArea } from './live-area.ts';
import { textWidth, truncate, wrap } from './text-width.ts';
import { toPrintable } from './to-printable.ts';

describe('toPrintable', () => {
  it.each([
    ['plain\ttext\nof two lines 👋', 'plain\ttext\nof two lines 👋'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007after', 'after'],
    ['\u001b]52;c;ZXZpbA==\u0007', ''],
    ['over\rwritten', 'overwritten'],
    ['windows\r\nlines', 'windows\nlines'],
    ['\u009b31mC1', 'C1'],
    ['bell\u0007 back\u0008 del\u007f', 'bell back del'],
    ['right\u202eto left', 'rightto left'],
  ])('%j becomes %j', (text, printable) => {
    expect(toPrintable(text)).toBe(printable);
  });
});

describe('text by columns', () => {
  it('counts wide characters twice and clusters once', () => {
    expect([textWidth('abc'), textWidth('模型'), textWidth('👋🏽'), textWidth('e\u0301'), textWidth('👩‍👩‍👧')]).toEqual([
      3, 4, 2, 1, 2,
    ]);
  });

  it('cuts what is too wide', () => {
    expect([truncate('hello', 5), truncate('hello', 4), truncate('模型模型', 5)]).toEqual(['hello', 'hel…', '模型…']);
  });

  it('wraps between words, and within a word that is wider than the line', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrap('one\n\ntwo', 10)).toEqual(['one', '', 'two']);
    expect(wrap('abcdefghijkl mn', 5)).toEqual(['abcde', 'fghij', 'kl mn']);
    expect(wrap('模型模型', 4)).toEqual(['模型', '模型']);
    expect(wrap('模', 1)).toEqual(['模', '']);
  });

  it('never loses a character when it wraps', () => {
    const text = 'A long answer that comes in many small pieces, 模型 and 👋 included. '.repeat(5);
    for (let columns = 2; columns < 40; columns += 1) {
      const lines = wrap(text, columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe('a terminal', () => {
  it('keeps data and notes apart, and notes to itself when quiet', () => {
    const loud = createFakeTerminal();
    const quiet = createFakeTerminal({ isQuiet: true, isTty: true });
    for (const { terminal } of [loud, quiet]) {
      terminal.print('data');
      terminal.note('note');
      terminal.complain('error');
    }
    expect([loud.stdout(), loud.stderr()]).toEqual(['data\n', 'note\nerror\n']);
    expect([quiet.stdout(), quiet.stderr()]).toEqual(['data\n', 'error\n']);
    expect([loud.terminal.isLive, quiet.terminal.isLive]).toEqual([false, false]);
  });

  it('has colours on a terminal only, and only where they are wanted', () => {
    const red = (options: Parameters<typeof createFakeTerminal>[0]) => createFakeTerminal(options).terminal.paint.red('x');
    expect(red({ isTty: true, colours: true })).toBe('\u001b[31mx\u001b[39m');
    expect(red({ isTty: true, colours: false })).toBe('x');
    expect(red({ isTty: false, colours: true })).toBe('x');
  });
});

describe('a live area', () => {
  it('draws its lines anew, puts others above them, and leaves nothing behind', () => {
    const fake = createFakeTerminal({ isTty: true });
    const area = createLiveArea(fake.terminal);
    area.set(['one', 'two']);
    area.print('stays');
    area.set(['three']);
    area.close();
    area.close();
    const draw = (text: string) => `\u001b[?7l${text}\u001b[?7h`;
    expect(fake.stderr()).toBe(
      [
        `\u001b[?25l${draw('one\ntwo')}`,
        `\r\u001b[1A\u001b[Jstays\n${draw('one\ntwo')}`,
        `\r\u001b[1A\u001b[J${draw('three')}`,
        '\r\u001b[J\u001b[?25h',
      ].join(''),
    );
  });
});

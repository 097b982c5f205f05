import { providers } from '@orchestrator/adapters';
import { describe, expect, it } from 'vitest';
import { createPaint } from '../terminal/paint.ts';
import { checkModels } from './check-models.ts';
import { renderFindings } from './render.ts';

const key = { apiKey: 'k' };
const check = (settings: Parameters<typeof checkModels>[0]['settings'], date: string) =>
  checkModels({ providers, settings, now: new Date(date) });

describe('checkModels', () => {
  it('says that the sandbox answers while no key is set', () => {
    const [finding, ...others] = check({ openai: { apiKey: ' ' } }, '2026-11-23');
    expect(finding).toMatchObject({ level: 'warning', subject: 'providers' });
    expect(finding?.fix).toContain('OPENAI_API_KEY');
    expect(others).toEqual([]);
  });

  it('finds nothing wrong with the built-in defaults', () => {
    const everything = Object.fromEntries(providers.map(({ id }) => [id, key]));
    expect(check(everything, '2026-11-23').filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it('warns 60 days before a default is retired, calls it a problem from that day on, and names what stays', () => {
    const settings = { openai: { ...key, defaultModel: 'gpt-4o-mini' } };
    const at = (date: string) => check(settings, date)[1];
    expect(at('2026-11-01')).toMatchObject({ level: 'ok' });
    expect(at('2026-11-23')).toMatchObject({ level: 'warning', text: 'will be retired by its vendor on 2027-01-14.' });
    expect(at('2027-01-14')).toMatchObject({ level: 'problem', text: 'was retired by its vendor on 2027-01-14.' });
    expect(at('2027-01-14')?.fix).toContain('OPENAI_DEFAULT_MODEL');
    expect(at('2027-01-14')?.fix).toContain('gpt-6-luna');
  });

  it('warns of a default that is in no catalogue', () => {
    const [, finding] = check({ openai: { ...key, defaultModel: 'ft:mine' } }, '2026-11-23');
    expect(finding).toMatchObject({ level: 'warning', subject: 'model openai/ft:mine' });
  });
});

describe('renderFindings', () => {
  it('writes a line and a fix per finding and counts them', () => {
    const text = renderFindings(check({ openai: { ...key, defaultModel: 'ft:mine' } }, '2026-11-23'), createPaint(false));
    expect(text).toMatch(/^✓ providers: 1 of \d+ configured: openai\.\n! model openai\/ft:mine: .*\n {2}→ /);
    expect(text).toMatch(/\n\n0 problems, 1 warning\n$/);
  });
});

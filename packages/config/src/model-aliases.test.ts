import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const load = (list: string, providerIds = ['acme', 'big-corp']) =>
  loadConfig({ ORCHESTRATOR_MODEL_ALIASES: list }, { providerIds }).modelAliases;

function problemOf(list: string): string {
  try {
    load(list);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).message;
  }
  throw new Error('accepted');
}

describe('model aliases', () => {
  it('are none by default', () => {
    expect(loadConfig({}, { providerIds: [] }).modelAliases).toEqual({});
  });

  it('stand for a provider and a model, whose id may have slashes', () => {
    expect(load('smart=acme/large, gpt-4o = big-corp/family/small:free,,team/fast=acme/a=b')).toEqual({
      smart: { provider: 'acme', model: 'large' },
      'gpt-4o': { provider: 'big-corp', model: 'family/small:free' },
      'team/fast': { provider: 'acme', model: 'a=b' },
    });
  });

  it('reach no prototype', () => {
    const aliases = load('constructor=acme/large');
    expect(aliases.constructor).toEqual({ provider: 'acme', model: 'large' });
    expect(aliases.toString).toBeUndefined();
  });

  it('may name any provider where none is known', () => {
    expect(load('smart=unheard-of/large', [])).toEqual({ smart: { provider: 'unheard-of', model: 'large' } });
  });

  it.each([
    ['smart', 'must be a list such as smart=provider/model (it has "smart")'],
    ['smart=large', 'must be a list such as smart=provider/model (it has "smart=large")'],
    ['=acme/large', 'must be a list such as smart=provider/model (it has "=acme/large")'],
    ['a b=acme/large', 'must be a list such as smart=provider/model (it has "a b=acme/large")'],
    ['auto=acme/large', 'can\'t give "auto" another meaning'],
    ['a=acme/large,a=acme/small', 'names "a" twice'],
    ['a=acm/large', 'names an unknown provider "acm" (did you mean acme?)'],
  ])('refuses %s', (list, problem) => {
    expect(problemOf(list)).toBe(`Invalid configuration: ORCHESTRATOR_MODEL_ALIASES ${problem}.`);
  });
});

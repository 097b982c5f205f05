import { describe, expect, it } from 'vitest';
import { fakeProvider, fakeRouter } from '../testing/providers.ts';
import { OpenAiError } from './errors/openai-error.ts';
import { createModelNames } from './model-names.ts';

const registry = [
  fakeProvider('acme'),
  fakeProvider('big', { model: 'acme/oss-20b', aliases: ['oss'] }),
  fakeProvider('old', { retiresOn: '2020-01-01' }),
  fakeProvider('keyless'),
];
const aliases = { smart: { provider: 'acme', model: 'acme-model' }, 'acme/acme-model': { provider: 'big', model: 'other' } };
const names = (keys = ['acme', 'big', 'old'], defaultProvider?: string) =>
  createModelNames({
    router: fakeRouter(registry, keys, defaultProvider === undefined ? {} : { defaultProvider }),
    aliases,
  });

function refusalOf(name: string): OpenAiError {
  try {
    names().resolve(name);
  } catch (error) {
    if (error instanceof OpenAiError) return error;
  }
  throw new Error(`${name} was resolved`);
}

describe('names of models', () => {
  it.each([
    ['auto', {}],
    ['cheapest', { routing: 'cheapest' }],
    ['fastest', { routing: 'fastest' }],
    ['smart', { provider: 'acme', model: 'acme-model' }],
    // A name of one's own wins over the catalogue.
    ['acme/acme-model', { provider: 'big', model: 'other' }],
    ['big/acme/oss-20b', { provider: 'big', model: 'acme/oss-20b' }],
    ['big/oss', { provider: 'big', model: 'oss' }],
    // No model of acme's, but an id in a catalogue.
    ['acme/oss-20b', { model: 'acme/oss-20b' }],
    ['oss', { model: 'oss' }],
    ['acme-model', { model: 'acme-model' }],
    ['keyless/keyless-model', { provider: 'keyless', model: 'keyless-model' }],
    // In no catalogue: a provider that is named is asked all the same.
    ['acme/tuned', { provider: 'acme', model: 'tuned' }],
    ['sandbox/sandbox', { provider: 'sandbox', model: 'sandbox' }],
  ])('%s', (name, expected) => {
    expect(names().resolve(name)).toEqual(expected);
  });

  it.each(['acme-modell', 'nobody/acme-model', 'acme', 'acme/', '/acme-model', 'constructor', '__proto__', 'Auto'])(
    'not %s',
    (name) => {
      const { kind, message, options } = refusalOf(name);
      expect(kind).toEqual({ status: 404, type: 'invalid_request_error', code: 'model_not_found' });
      expect(options.param).toBe('model');
      expect(message).toContain(`The model \`${name}\` does not exist.`);
    },
  );

  it('are guessed when misspelled', () => {
    expect(refusalOf('acme-modell').message).toContain('Did you mean `acme-model`');
    expect(refusalOf('smrt').message).toContain('Did you mean `smart`');
  });

  it('may be anything where a default provider or the sandbox answers', () => {
    expect(names(['acme'], 'acme').resolve('anything')).toEqual({ model: 'anything' });
    expect(names([]).resolve('anything')).toEqual({ model: 'anything' });
  });

  it('are listed where they can be used', () => {
    const ids = names()
      .list()
      .map(({ id, owned_by }) => `${id} ${owned_by}`);
    expect(ids).toEqual([
      'auto orchestrator',
      'cheapest orchestrator',
      'fastest orchestrator',
      'smart acme',
      'acme/acme-model big',
      'big/acme/oss-20b big',
    ]);
  });

  it('are all listed while nothing is configured here, the stand-in last', () => {
    const ids = names([])
      .list()
      .map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['big/acme/oss-20b', 'keyless/keyless-model']));
    expect(ids.at(-1)).toBe('sandbox/sandbox');
    expect(ids).not.toContain('old/old-model');
  });

  it('are found one by one', () => {
    expect(names().find('oss')).toEqual({ id: 'oss', object: 'model', created: 0, owned_by: 'big' });
    expect(names().find('auto')).toMatchObject({ owned_by: 'orchestrator' });
    expect(() => names().find('nothing')).toThrow(OpenAiError);
  });

  it('that are listed can all be asked for', () => {
    for (const keys of [[], ['acme'], ['acme', 'big', 'old', 'keyless']]) {
      const known = names(keys);
      for (const model of known.list()) expect(known.find(model.id)).toEqual(model);
    }
  });
});

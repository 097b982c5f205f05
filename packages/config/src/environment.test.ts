import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { readEnvironment, repositoryRoot } from './environment.ts';
import { variables } from './variables.ts';

describe('readEnvironment', () => {
  it('reads a .env file under the real environment', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'env-')), '.env');
    writeFileSync(file, 'PORT=4000\nLOG_LEVEL="debug" # why\n');
    expect(readEnvironment({ file, environment: { PORT: '5000' } })).toEqual({ PORT: '5000', LOG_LEVEL: 'debug' });
  });

  it('does without the file', () => {
    expect(readEnvironment({ file: '/nowhere/.env', environment: { PORT: '1' } })).toEqual({ PORT: '1' });
  });
});

describe('.env.example', () => {
  const example = readFileSync(join(repositoryRoot, '.env.example'), 'utf8');

  it.each(Object.keys(variables))('describes %s', (name) => {
    expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
  });

  it('is a valid configuration as it stands and with its commented values', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'env-')), '.env');
    const load = (text: string) => {
      writeFileSync(file, text);
      return loadConfig(readEnvironment({ file, environment: {} }), { providerIds: [] });
    };
    expect(load(example).store).toBeNull();
    const commentedIn = example.replaceAll(/^#(?=[A-Z_]+=)/gm, '').replace(/^QUEUE_DATABASE_URL=.*$/m, '');
    expect(load(commentedIn).store?.type).toBe('postgres');
    expect(load(commentedIn).tracing).toMatchObject({ endpoint: 'http://127.0.0.1:4318/v1/traces', sampler: { ratio: 0.1 } });
  });
});

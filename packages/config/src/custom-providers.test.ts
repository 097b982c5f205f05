import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';
import { loadConfig } from './config.ts';

const customProviderSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower case'),
  baseUrl: z.url(),
  apiKey: z.string().optional(),
  models: z.array(z.strictObject({ model: z.string() })).min(1),
});
const load = (environment: Record<string, string>) => loadConfig(environment, { providerIds: ['acme'], customProviderSchema });
const ollama = { name: 'my-ollama', baseUrl: 'http://127.0.0.1:11434/v1', models: [{ model: 'm' }] };

describe('custom endpoints', () => {
  it('are read from the variable, with keys and limits under their own names', () => {
    const config = load({
      ORCHESTRATOR_CUSTOM_PROVIDERS: JSON.stringify([ollama]),
      MY_OLLAMA_API_KEY: 'secret',
      MY_OLLAMA_MAX_CONCURRENT: '2',
      ORCHESTRATOR_PROVIDER_PRIORITY: 'my-ollama,acme',
    });
    expect(config.customProviders).toEqual([ollama]);
    expect(config.router).toMatchObject({
      providers: { 'my-ollama': { apiKey: 'secret' } },
      limits: { 'my-ollama': { maxConcurrent: 2 } },
      priority: ['my-ollama', 'acme'],
    });
    expect(Object.isFrozen(config.customProviders[0]?.models)).toBe(true);
  });

  it('are read from a file', async () => {
    const file = join(await makeScratchFolder('custom-providers'), 'providers.json');
    writeFileSync(file, JSON.stringify([ollama]));
    expect(load({ ORCHESTRATOR_CUSTOM_PROVIDERS: file }).customProviders).toEqual([ollama]);
  });

  it.each([
    ['/no/such/file.json', "names a file that can't be read"],
    ['[{"apiKey": "hunter2", ', 'must be a JSON list'],
    [JSON.stringify([ollama, ollama]), '[1].name: "my-ollama" is taken'],
    [JSON.stringify([{ ...ollama, name: 'acme' }]), '[0].name: "acme" is taken'],
    [JSON.stringify([{ ...ollama, name: 'Hunter2' }]), '[0].name: must be lower case'],
    [JSON.stringify([{ ...ollama, apiKey: 'hunter2', models: [{ model: 7 }] }]), '[0].models[0].model: '],
  ])('are refused with the place and without a value: %s', (value, message) => {
    expect(() => load({ ORCHESTRATOR_CUSTOM_PROVIDERS: value })).toThrow(`ORCHESTRATOR_CUSTOM_PROVIDERS`);
    expect(() => load({ ORCHESTRATOR_CUSTOM_PROVIDERS: value })).toThrow(message);
    expect(() => load({ ORCHESTRATOR_CUSTOM_PROVIDERS: value })).not.toThrow(/hunter2/i);
  });

  it('are not the business of a process without their schema', () => {
    const config = loadConfig({ ORCHESTRATOR_CUSTOM_PROVIDERS: '/no/such/file.json' }, { providerIds: [] });
    expect(config.customProviders).toEqual([]);
  });
});

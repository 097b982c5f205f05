import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions } from '../testing/calls.ts';
import { type ChatVendor, completion, startChatVendor } from '../testing/chat-vendor.ts';
import { createCustomProvider } from './create-custom-provider.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const usage = { prompt_tokens: 20, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 5 } };

describe('a custom endpoint', () => {
  const definition = (apiKey?: string) =>
    createCustomProvider({
      name: 'my-server',
      baseUrl: vendor.baseUrl('http://localhost/v1'),
      models: [{ model: 'tiny', inputPer1M: 0, outputPer1M: 0 }],
      ...(apiKey === undefined ? {} : { apiKey }),
    });

  it('is called without a key, and costs what its definition says', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'tiny', usage }) });
    const result = await definition().createAdapter({}).generate({ prompt: 'p' }, callOptions());
    expect(result).toMatchObject({ provider: 'my-server', model: 'tiny', costNanoUsd: 0, costBasis: 'catalogue' });
    expect(vendor.seen()).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer not-needed' },
      body: { max_tokens: 4096 },
    });
  });

  it('keeps its key to itself when it is sent elsewhere', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'tiny', usage }) });
    await definition('the-key').createAdapter({}).generate({ prompt: 'p' }, callOptions());
    expect(vendor.seen().headers.authorization).toBe('Bearer the-key');
    const elsewhere = { baseUrl: vendor.baseUrl('http://localhost/v2') };
    await definition('the-key').createAdapter(elsewhere).generate({ prompt: 'p' }, callOptions());
    expect(vendor.seen()).toMatchObject({ path: '/v2/chat/completions', headers: { authorization: 'Bearer not-needed' } });
  });

  it('has no price for models that its definition does not name, whatever they cost elsewhere', async () => {
    const estimate = await definition().createAdapter({}).estimateCost({ prompt: 'p', model: 'gpt-4.1-mini' });
    expect(estimate.estimatedCostUSD).toBeNull();
    expect((await definition().createAdapter({}).estimateCost({ prompt: 'p' })).estimatedCostUSD).toBe(0);
  });
});

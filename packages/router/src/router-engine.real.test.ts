import type { StreamPart } from '@orchestrator/adapters';
import type { ModelPlan, ModelRequest } from '@orchestrator/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startUpstream, type Upstream } from '../../../test/support/upstream/upstream.ts';
import { RouterEngine } from './router-engine.ts';

let upstream: Upstream;
let router: RouterEngine;
beforeAll(async () => {
  upstream = await startUpstream();
});
beforeEach(() => {
  upstream.reset();
  upstream.setScript({ usage: 'worst-case' });
  // A new one each time, since a router remembers failures.
  router = new RouterEngine({
    providers: {
      openai: { apiKey: 'k', baseUrl: upstream.baseUrl('openai', 'https://api.openai.com/v1'), defaultModel: 'gpt-4o-mini' },
      anthropic: { apiKey: 'k', baseUrl: upstream.baseUrl('anthropic') },
    },
  });
});
afterAll(() => upstream.close());

const options = (idempotencyKey = 'k') => ({ signal: new AbortController().signal, timeoutMs: 5_000, idempotencyKey });
function planOf(request: ModelRequest): ModelPlan {
  const planned = router.plan({ maxTokens: 30, ...request });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.plan;
}
async function read(stream: AsyncIterable<StreamPart>): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
const askedProviders = () => upstream.entries().map(({ provider }) => provider);

describe.each(['openai', 'anthropic'])('a planned call to %s', (provider) => {
  it('costs exactly the planned worst case when the vendor uses all of it', async () => {
    const plan = planOf({ prompt: 'héllo 😀 [[w]]', systemPrompt: 'Be ｂｒｉｅｆ.', provider });
    const result = await router.call(plan, options('run.step.1'));
    expect(result.costNanoUsd).toBe(plan.worstCaseNanoUsd);
    expect(upstream.entries()).toMatchObject([
      { idempotencyKey: 'run.step.1', chargedNanoUsd: plan.worstCaseNanoUsd, maxTokens: 30 },
    ]);
  });

  it('books the worst case for an answer that was lost, and nothing for a refused request', async () => {
    const plan = planOf({ prompt: 'lost', provider });
    upstream.setScript({
      usage: 'worst-case',
      rules: [{ times: 1, fault: { type: 'cut', at: 'in-body' } }, { fault: { type: 'status', status: 500 } }],
    });
    await expect(router.call(plan, options())).rejects.toMatchObject({
      costNanoUsd: plan.worstCaseNanoUsd,
      costBasis: 'reserved',
    });
    await expect(router.call(plan, options())).rejects.toMatchObject({ costNanoUsd: 0, costBasis: 'none' });
    expect(upstream.summary().chargedNanoUsd).toBe(plan.worstCaseNanoUsd);
  });
});

describe('a chain of calls', () => {
  const request = {
    prompt: 'hello',
    maxTokens: 30,
    provider: 'openai',
    fallbacks: [{ provider: 'anthropic' }],
    temperature: 0.3,
  };

  it('answers from the fallback, with the parameters that the fallback takes', async () => {
    upstream.setScript({ rules: [{ provider: 'openai', fault: { type: 'status', status: 503 } }] });
    const answer = await router.generate(request, options());
    expect(answer).toMatchObject({
      provider: 'anthropic',
      attempts: [
        { provider: 'openai', error: 'Provider.Overloaded', costUSD: 0 },
        { provider: 'anthropic', outcome: 'ok' },
      ],
    });
    expect(answer.warnings?.join(' ')).toContain('temperature was left out');
    expect(askedProviders()).toEqual(['openai', 'anthropic']);
  });

  it('adds what a lost answer may have cost to the price of the answer', async () => {
    upstream.setScript({ rules: [{ provider: 'openai', fault: { type: 'cut', at: 'in-body' } }] });
    const { attempts, costNanoUsd } = await router.generate(request, options());
    const booked = Math.round(attempts.reduce((sum, { costUSD }) => sum + costUSD, 0) * 1e9);
    expect(booked).toBeGreaterThan(costNanoUsd);
    expect(booked).toBeGreaterThanOrEqual(upstream.summary().chargedNanoUsd);
  });

  it.each(['before-headers', 'before-tokens'] as const)('streams from the fallback when the first is cut %s', async (at) => {
    upstream.setScript({ rules: [{ provider: 'openai', fault: { type: 'cut', at } }] });
    const parts = await read(router.stream(request, options()));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', result: { provider: 'anthropic' } });
    const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(parts.at(-1)).toMatchObject({ result: { content: text } });
    expect(askedProviders()).toEqual(['openai', 'anthropic']);
  });

  it('ends a stream that is cut after its first words with an error, and asks nobody else', async () => {
    upstream.setScript({ rules: [{ provider: 'openai', fault: { type: 'cut', at: 'in-body' } }] });
    await expect(read(router.stream(request, options()))).rejects.toMatchObject({
      error: { name: 'Provider.Truncated', provider: 'openai' },
    });
    expect(askedProviders()).toEqual(['openai']);
  });
});

it('knows which vendors answer', async () => {
  expect(await router.health()).toMatchObject({ overall: 'healthy', routing: { providers: ['openai', 'anthropic'] } });
});

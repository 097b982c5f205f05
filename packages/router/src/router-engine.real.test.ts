import type { ModelPlan } from '@orchestrator/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startUpstream, type Upstream } from '../../../test/support/upstream/upstream.ts';
import { createModels, type Models } from './create-models.ts';

let upstream: Upstream;
let models: Models;
beforeAll(async () => {
  upstream = await startUpstream();
  models = createModels({
    providers: {
      openai: { apiKey: 'k', baseUrl: upstream.baseUrl('openai', 'https://api.openai.com/v1'), defaultModel: 'gpt-4o-mini' },
      anthropic: { apiKey: 'k', baseUrl: upstream.baseUrl('anthropic') },
    },
  });
});
beforeEach(() => {
  upstream.reset();
  upstream.setScript({ usage: 'worst-case' });
});
afterAll(() => upstream.close());

const options = (idempotencyKey = 'k') => ({ signal: new AbortController().signal, timeoutMs: 5000, idempotencyKey });
function planOf(request: { prompt: string; provider?: string; systemPrompt?: string }): ModelPlan {
  const planned = models.plan({ maxTokens: 30, ...request });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.plan;
}

describe.each(['openai', 'anthropic'])('a planned call to %s', (provider) => {
  it('costs exactly the planned worst case when the vendor uses all of it', async () => {
    const plan = planOf({ prompt: 'héllo 😀 [[w]]', systemPrompt: 'Be ｂｒｉｅｆ.', provider });
    const result = await models.call(plan, options('run.step.1'));
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
    await expect(models.call(plan, options())).rejects.toMatchObject({
      costNanoUsd: plan.worstCaseNanoUsd,
      costBasis: 'reserved',
    });
    await expect(models.call(plan, options())).rejects.toMatchObject({ costNanoUsd: 0, costBasis: 'none' });
    expect(upstream.summary().chargedNanoUsd).toBe(plan.worstCaseNanoUsd);
  });
});

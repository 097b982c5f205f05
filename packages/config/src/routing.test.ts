import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const providerIds = ['acme', 'big-corp'];
const load = (environment: Record<string, string>) => loadConfig(environment, { providerIds });

function problemOf(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).not.toContain('\n');
    return (error as AppError).message;
  }
  throw new Error('accepted');
}

describe('routing', () => {
  it('has the documented defaults', () => {
    const { router, approvalTimeoutMs } = load({});
    expect(router).toEqual({
      providers: {},
      routingStrategy: 'cheapest',
      autoApproveThresholdUSD: 1,
      enableAudit: true,
      enableFallback: true,
      maxRetries: 2,
      priority: [],
      weights: {},
      limits: {},
      firstTokenTimeoutMs: 15_000,
      idleTimeoutMs: 30_000,
    });
    expect(approvalTimeoutMs).toBe(86_400_000);
  });

  it('reads every variable', () => {
    const { router, approvalTimeoutMs } = load({
      ORCHESTRATOR_ROUTING_STRATEGY: 'weighted',
      ORCHESTRATOR_DEFAULT_PROVIDER: 'acme',
      ORCHESTRATOR_ENABLE_FALLBACK: 'false',
      ORCHESTRATOR_MAX_RETRIES: '0',
      ORCHESTRATOR_PROVIDER_PRIORITY: 'big-corp, acme,big-corp,',
      ORCHESTRATOR_PROVIDER_WEIGHTS: 'acme=3, big-corp = 0.5',
      ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: '0.25',
      ORCHESTRATOR_APPROVAL_TIMEOUT_MS: '500',
      ORCHESTRATOR_FIRST_TOKEN_TIMEOUT_MS: '1000',
      ORCHESTRATOR_STREAM_IDLE_TIMEOUT_MS: '2000',
      BIG_CORP_REQUESTS_PER_MINUTE: '60',
      BIG_CORP_TOKENS_PER_MINUTE: '100000',
      BIG_CORP_MAX_CONCURRENT: '4',
      ACME_API_KEY: 'k',
    });
    expect({
      ...router,
      weights: { ...router.weights },
      limits: { ...router.limits },
      providers: { ...router.providers },
    }).toEqual({
      providers: { acme: { apiKey: 'k' } },
      defaultProvider: 'acme',
      routingStrategy: 'weighted',
      autoApproveThresholdUSD: 0.25,
      enableAudit: true,
      enableFallback: false,
      maxRetries: 0,
      priority: ['big-corp', 'acme'],
      weights: { acme: 3, 'big-corp': 0.5 },
      limits: { 'big-corp': { requestsPerMinute: 60, tokensPerMinute: 100_000, maxConcurrent: 4 } },
      firstTokenTimeoutMs: 1_000,
      idleTimeoutMs: 2_000,
    });
    expect(approvalTimeoutMs).toBe(500);
  });

  it.each([
    ['ORCHESTRATOR_ROUTING_STRATEGY', 'specified', 'must be one of cheapest, fastest, weighted, priority'],
    ['ORCHESTRATOR_ENABLE_FALLBACK', 'yes', 'must be true or false'],
    ['ORCHESTRATOR_MAX_RETRIES', '11', 'must be a whole number from 0 to 10'],
    ['ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD', '-1', 'must be an amount of US dollars'],
    ['ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD', '1e3', 'must be an amount of US dollars'],
    ['ORCHESTRATOR_APPROVAL_TIMEOUT_MS', '0', 'must be a whole number from 100'],
    ['ORCHESTRATOR_PROVIDER_PRIORITY', 'acme,bigcorp', 'unknown provider "bigcorp" (did you mean big-corp?)'],
    ['ORCHESTRATOR_PROVIDER_WEIGHTS', 'acme=x', 'must be a list such as a=3,b=0.5'],
    ['ORCHESTRATOR_PROVIDER_WEIGHTS', 'nobody=1', 'unknown provider "nobody"'],
    ['ACME_REQUESTS_PER_MINUTE', '0', 'must be a whole number from 1'],
    ['ACME_MAX_CONCURRENT', 'many', 'must be a whole number from 1 to 10000'],
  ])('refuses %s=%s', (name, value, message) => {
    const problem = problemOf({ [name]: value });
    expect(problem).toContain(name);
    expect(problem).toContain(message);
  });

  it('leaves provider names to the processes that know providers', () => {
    const environment = { ORCHESTRATOR_PROVIDER_PRIORITY: 'a,b', ORCHESTRATOR_PROVIDER_WEIGHTS: 'c=1' };
    expect(loadConfig(environment, { providerIds: [] }).router.priority).toEqual(['a', 'b']);
  });
});

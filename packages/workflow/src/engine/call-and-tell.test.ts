import type { ModelPart, ModelPlan, ModelResult } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import type { CallModelOptions, LeaseTelemetry, Models } from '../ports.ts';
import { callAndTell } from './call-and-tell.ts';

const plan: ModelPlan = { provider: 'p', model: 'm', request: {}, worstCaseNanoUsd: 1 };
const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const result: ModelResult = {
  content: 'x',
  finishReason: 'stop',
  provider: 'p',
  model: 'm',
  usage,
  costNanoUsd: 1,
  costBasis: 'none',
};
const call = { path: 'a', attempt: 1, plan };
const options: CallModelOptions = { signal: new AbortController().signal, idempotencyKey: 'k', timeoutMs: 1_000 };
const parts: readonly ModelPart[] = [
  { type: 'reasoning', text: 'r' },
  { type: 'text', text: 't' },
];

function listen() {
  const told: unknown[] = [];
  const leaseTelemetry: LeaseTelemetry = {
    stepChanged() {},
    callStarted(start) {
      told.push(['started', start.isStreamed]);
      return {
        firstToken: () => told.push('first'),
        succeeded: (answer) => told.push(['succeeded', answer]),
        failed: (error) => told.push(['failed', error]),
      };
    },
    ended() {},
  };
  return { told, leaseTelemetry };
}

const models = (work: Models['call']): Models => ({ plan: () => ({ ok: true, plan }), call: work });

it('tells how a call goes', async () => {
  const { told, leaseTelemetry } = listen();
  const ports = { models: models(async () => result), leaseTelemetry };
  expect(await callAndTell(ports, call, options)).toBe(result);
  expect(told).toEqual([
    ['started', false],
    ['succeeded', result],
  ]);
});

it('tells the first piece of a stream once, and passes every piece on', async () => {
  const { told, leaseTelemetry } = listen();
  const streamed = models(async (_, { onPart }) => {
    for (const part of parts) onPart?.(part);
    return result;
  });
  const passedOn: ModelPart[] = [];
  await callAndTell({ models: streamed, leaseTelemetry }, call, { ...options, onPart: (part) => passedOn.push(part) });
  expect(told).toEqual([['started', true], 'first', ['succeeded', result]]);
  expect(passedOn).toEqual(parts);
});

it('tells a failure and passes it on', async () => {
  const { told, leaseTelemetry } = listen();
  const error = new Error('down');
  const failing = models(() => Promise.reject(error));
  await expect(callAndTell({ models: failing, leaseTelemetry }, call, options)).rejects.toBe(error);
  expect(told).toEqual([
    ['started', false],
    ['failed', error],
  ]);
});

it('calls all the same when nobody listens', async () => {
  expect(await callAndTell({ models: models(async () => result) }, call, options)).toBe(result);
});

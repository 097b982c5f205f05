import { liveEventSchema, liveEventTypes, type PlacedEvent, type RunEventType, runEventTypes } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { toLiveEvent } from './live-event.ts';

const jobId = '0190a000-0000-7000-8000-000000000001';
const atMs = 1_700_000_000_123;
const approvalId = '7b0c1c6e-8a38-5d5c-9a6f-2f1f4b8c0a11';
const error = { name: 'Provider.Timeout', message: 'too late', retryable: true, provider: 'p', attempt: 1 };
const place = { jobId, epoch: 2, seq: 7, at: '2023-11-14T22:13:20.123Z' };
const dueAt = '2023-11-14T22:13:21.000Z';
const stepId = 'ask';

/** What is stored of each type of event, and what clients see of it. */
const views: Record<RunEventType, readonly [stored: PlacedEvent['data'], shown: object]> = {
  'run-accepted': [
    { kind: 'workflow', workflowName: 'w' },
    { kind: 'workflow', workflowName: 'w' },
  ],
  'run-started': [{ isTakeover: false, lostCount: 0 }, {}],
  'run-resumed': [
    { isTakeover: true, lostCount: 1 },
    { isTakeover: true, lostCount: 1 },
  ],
  'run-parked': [
    { wakeInMs: 5_000, reason: 'approval' },
    { wakeInMs: 5_000, reason: 'approval' },
  ],
  'step-started': [
    { path: 'ask', action: 'generate' },
    { stepId, action: 'generate' },
  ],
  token: [
    { path: 'ask', attempt: 1, part: 'Hi' },
    { stepId, attempt: 1, text: 'Hi' },
  ],
  restart: [
    { path: 'ask', reason: 'worker-lost' },
    { stepId, reason: 'worker-lost' },
  ],
  'step-attempt-failed': [
    { path: 'ask', attempt: 1, error },
    { stepId, attempt: 1, error },
  ],
  'step-attempt-abandoned': [
    { path: 'ask', attempt: 1, reservedNanoUsd: 1_500 },
    { stepId, attempt: 1, reservedUSD: 0.0000015 },
  ],
  'step-retry-scheduled': [
    { path: 'ask', attempt: 2, dueAtMs: 1_700_000_001_000 },
    { stepId, attempt: 2, dueAt },
  ],
  'step-waiting': [
    { path: 'ask', dueAtMs: 1_700_000_001_000 },
    { stepId, dueAt },
  ],
  'step-completed': [
    { path: 'ask', costNanoUsd: 2_000_000, attempts: 1 },
    { stepId, costUSD: 0.002, attempts: 1 },
  ],
  'step-failed': [
    { path: 'ask', error },
    { stepId, error },
  ],
  'step-skipped': [
    { path: 'ask', reason: 'condition' },
    { stepId, reason: 'condition' },
  ],
  'step-cancelled': [{ path: 'ask', error: 'Run.Cancelled' }, { stepId }],
  'approval-requested': [
    {
      path: 'ask',
      approvalId,
      provider: 'p',
      model: 'm',
      estimatedCostNanoUsd: 2_500_000_000,
      thresholdUSD: 1,
      expiresAtMs: 1_700_000_001_000,
    },
    { stepId, approvalId, provider: 'p', model: 'm', estimatedCostUSD: 2.5, thresholdUSD: 1, expiresAt: dueAt },
  ],
  'approval-approved': [
    { path: 'ask', approvalId, decidedBy: 'Ada' },
    { stepId, approvalId, decidedBy: 'Ada' },
  ],
  'approval-rejected': [
    { path: 'ask', approvalId },
    { stepId, approvalId },
  ],
  'approval-expired': [
    { path: 'ask', approvalId },
    { stepId, approvalId },
  ],
  'run-completed': [{ degraded: true }, { degraded: true }],
  'run-failed': [
    { degraded: false, error },
    { degraded: false, error },
  ],
  'run-cancelled': [
    { degraded: false, error },
    { degraded: false, error },
  ],
};

it.each(runEventTypes)('shows %s', (type) => {
  const [stored, shown] = views[type];
  const view = toLiveEvent(jobId, { epoch: 2, seq: 7, type, data: stored, atMs });
  expect(view).toEqual({ type, ...place, ...shown });
  expect(liveEventSchema.safeParse(view).success).toBe(true);
});

it('knows every type of event there is', () => {
  expect([...liveEventTypes].sort()).toEqual([...runEventTypes].sort());
});

it.each<[string, PlacedEvent['data'], object]>([
  ['reasoning', { part: { reasoning: 'Hm.' } }, { reasoning: 'Hm.' }],
  ['an empty text', { part: '' }, { text: '' }],
  [
    'a tool call',
    { part: { toolCall: { index: 0, id: 'c', name: 'f', argumentsDelta: '{' } } },
    { toolCall: { index: 0, id: 'c', name: 'f', argumentsDelta: '{' } },
  ],
])('shows %s as a piece of an answer', (_, part, shown) => {
  const data = { path: 'ask', attempt: 1, ...part };
  expect(toLiveEvent(jobId, { epoch: 2, seq: 7, type: 'token', data, atMs })).toEqual({
    type: 'token',
    ...place,
    stepId,
    attempt: 1,
    ...shown,
  });
});

it('passes over what it does not know, but never over the end of a run', () => {
  const data = { degraded: true, error: { name: 'Later.Invention', message: 'm', retryable: false } };
  const event = { epoch: 2, seq: 7, atMs, data };
  expect(toLiveEvent(jobId, { ...event, type: 'step-failed' })).toBeNull();
  expect(toLiveEvent(jobId, { ...event, type: 'later-invention' as RunEventType })).toBeNull();
  expect(toLiveEvent(jobId, { ...event, type: 'run-failed' })).toEqual({ type: 'run-failed', ...place, degraded: true });
});

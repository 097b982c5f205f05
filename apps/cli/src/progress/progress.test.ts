import type { LiveEvent } from '@orchestrator/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPaint } from '../terminal/paint.ts';
import { liveEvent } from '../testing/events.ts';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { eventLine } from './event-line.ts';
import { createProgress } from './progress.ts';
import { addToTotals, noTotals, renderTotals } from './run-totals.ts';

const error = { name: 'Provider.Timeout' as const, message: 'too\u001b[2J slow', retryable: true };
const completed = liveEvent(9, 'step-completed', {
  stepId: 'ask',
  costUSD: 0.0042,
  attempts: 2,
  latencyMs: 2_345,
  provider: 'acme',
  model: 'large',
  promptTokens: 100,
  completionTokens: 114,
});

describe('eventLine', () => {
  const line = (event: LiveEvent) => eventLine(event, { paint: createPaint(false), nameColumns: 6 });

  it.each<[LiveEvent, string | null]>([
    [completed, '✓ ask     acme/large · 214 tokens · $0.0042 · 2.3 s · 2 attempts'],
    [liveEvent(2, 'step-completed', { stepId: 'nap', costUSD: 0, attempts: 0, latencyMs: 0 }), '✓ nap'],
    [liveEvent(2, 'step-failed', { stepId: 'ask', error }), '✗ ask     Provider.Timeout: too slow'],
    [
      liveEvent(2, 'step-attempt-failed', { stepId: 'ask', attempt: 1, error }),
      '! ask     attempt 1 failed: Provider.Timeout: too slow',
    ],
    [
      liveEvent(2, 'step-retry-scheduled', { stepId: 'ask', attempt: 2, dueAt: '2026-12-01T12:00:04.500Z' }),
      '↻ ask     again in 2.5 s',
    ],
    [liveEvent(2, 'step-retry-scheduled', { stepId: 'ask', attempt: 2, dueAt: '2026-12-01T12:00:02.500Z' }), null],
    [liveEvent(2, 'step-waiting', { stepId: 'nap', dueAt: '2026-12-01T12:01:02.000Z' }), '◷ nap     waits 1 min'],
    [liveEvent(2, 'step-skipped', { stepId: 'ask', reason: 'condition' }), '– ask     skipped: condition'],
    [
      liveEvent(2, 'restart', { stepId: 'ask', reason: 'worker-lost' }),
      '↺ ask     the worker was lost: what came so far is void, the call is made again',
    ],
    [
      liveEvent(2, 'approval-requested', { stepId: 'ask', approvalId: 'a-1', estimatedCostUSD: 2.5, thresholdUSD: 1 }),
      '? ask     waits for approval, as it can cost $2.50: orchestrator approvals approve a-1',
    ],
    [
      liveEvent(2, 'approval-requested', { stepId: 'ask', approvalId: 'a-1', estimatedCostUSD: null, thresholdUSD: 1 }),
      '? ask     waits for approval, as its price is unknown: orchestrator approvals approve a-1',
    ],
    [liveEvent(2, 'run-resumed', { isTakeover: true }), '↻ another worker has taken the run over'],
    [liveEvent(2, 'run-resumed', { isTakeover: false }), null],
    [liveEvent(2, 'token', { stepId: 'ask', attempt: 1, text: 'Hi' }), null],
  ])('%#', (event, text) => {
    expect(line(event)).toBe(text);
  });
});

it('totals add up what steps took', () => {
  const totals = [liveEvent(1, 'run-started', {}), completed, completed].reduce(addToTotals, noTotals);
  expect(totals).toMatchObject({ steps: 2, tokens: 428, startedAt: '2026-12-01T12:00:01.000Z' });
  expect(renderTotals(totals, 4_100)).toBe('2 steps · 428 tokens · $0.0084 · 4.1 s');
  expect(renderTotals(noTotals, null)).toBe('$0');
});

describe('progress elsewhere than on a terminal', () => {
  it('is a line for each thing that happens', () => {
    const fake = createFakeTerminal();
    const progress = createProgress({ terminal: fake.terminal, stepIds: ['ask', 'summarize'] });
    progress.onEvent(liveEvent(1, 'step-started', { stepId: 'ask', action: 'generate' }));
    progress.onEvent(liveEvent(2, 'token', { stepId: 'ask', attempt: 1, text: 'Hi' }));
    progress.onEvent(completed);
    progress.onReconnect({ failures: 1, pauseMs: 500, error: undefined });
    progress.close();
    expect(fake.stderr().split('\n')).toEqual([
      '✓ ask        acme/large · 214 tokens · $0.0042 · 2.3 s · 2 attempts',
      '… the connection was lost; the run goes on. Trying again in 500 ms',
      '',
    ]);
    expect(fake.stdout()).toBe('');
  });
});

describe('progress on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What stays on the screen, and what is drawn at its bottom, after the last drawing. */
  function screen(written: string): { readonly stays: string[]; readonly area: string[] } {
    const stays = [...written.matchAll(/\u001b\[J([^\u001b\n]*)\n/g)].map(([, line = '']) => line);
    const [, area = ''] = [...written.matchAll(/\u001b\[\?7l([\s\S]*?)\u001b\[\?7h/g)].at(-1) ?? [];
    return { stays, area: area.split('\n') };
  }

  it('shows the last words of the running step, and a line for each that is done', () => {
    const fake = createFakeTerminal({ isTty: true, columns: 24 });
    const progress = createProgress({ terminal: fake.terminal, stepIds: ['ask'] });
    vi.advanceTimersByTime(100);
    expect(screen(fake.stderr()).area).toEqual([expect.stringMatching(/^. waits for a worker$/)]);
    progress.onEvent(liveEvent(1, 'step-started', { stepId: 'ask', action: 'generate' }));
    progress.onEvent(
      liveEvent(2, 'token', { stepId: 'ask', attempt: 1, text: 'The quick brown fox jumps over the lazy dog \u001b[2J' }),
    );
    vi.advanceTimersByTime(1_100);
    expect(screen(fake.stderr()).area).toEqual([
      expect.stringMatching(/^. ask {2}1\.1 s$/),
      '  │ The quick brown fox',
      '  │ jumps over the lazy',
      '  │ dog',
      '  $0 · 1.0 s',
    ]);
    progress.onEvent(completed);
    vi.advanceTimersByTime(100);
    const end = screen(fake.stderr());
    expect(end.stays).toEqual(['✓ ask  acme/large · 214 tokens · $0.0042 · 2.3 s · 2 attempts']);
    expect(end.area).toEqual(['  1 step · 214 tokens · $0.0042 · 1.0 s']);
    progress.close();
    expect(fake.stderr().endsWith('\u001b[J\u001b[?25h')).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('marks the words that are void', () => {
    const fake = createFakeTerminal({ isTty: true, colours: true });
    const progress = createProgress({ terminal: fake.terminal, stepIds: ['ask'] });
    progress.onEvent(liveEvent(1, 'step-started', { stepId: 'ask', action: 'generate' }));
    progress.onEvent(liveEvent(2, 'token', { stepId: 'ask', attempt: 1, text: 'Wrong words' }));
    progress.onEvent(liveEvent(3, 'restart', { stepId: 'ask', reason: 'attempt-failed' }));
    expect(fake.stderr()).toContain('\u001b[9mWrong words\u001b[29m');
    progress.onEvent(liveEvent(4, 'token', { stepId: 'ask', attempt: 2, text: 'Right' }));
    vi.advanceTimersByTime(100);
    expect(screen(fake.stderr()).area.join()).toContain('Right');
    progress.close();
  });

  it('tells of a lost connection until something comes again', () => {
    const fake = createFakeTerminal({ isTty: true });
    const progress = createProgress({ terminal: fake.terminal, stepIds: [] });
    progress.onReconnect({ failures: 1, pauseMs: 2_000, error: undefined });
    vi.advanceTimersByTime(100);
    expect(screen(fake.stderr()).area.join()).toContain('Trying again in 2.0 s');
    progress.onEvent(liveEvent(1, 'run-started', {}));
    vi.advanceTimersByTime(100);
    expect(screen(fake.stderr()).area.join()).not.toContain('Trying again');
    progress.close();
  });
});

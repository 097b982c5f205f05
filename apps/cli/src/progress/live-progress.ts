import type { LiveEvent } from '@orchestrator/contracts';
import { formatDuration } from '../format/format-duration.ts';
import { createLiveArea } from '../terminal/live-area.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { eventLine, untilDueMs } from './event-line.ts';
import type { Progress } from './progress.ts';
import { reconnectLine } from './reconnect-line.ts';
import { addToTotals, noTotals, renderTotals } from './run-totals.ts';
import { createTicker, type Ticker } from './ticker.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;
const tickerLines = 3;

interface RunningStep {
  readonly sinceMs: number;
  readonly ticker: Ticker;
  /** Where it waits: what for, and how long. */
  readonly wait?: { readonly text: string; readonly untilMs: number };
}

const never = Number.POSITIVE_INFINITY;

/**
 * A line per finished step, and below them, drawn anew while it runs: the steps in progress, the last words of their answers, and
 * what the run has taken so far.
 */
export function createLiveProgress(terminal: Terminal, nameColumns: number): Progress {
  const paint = terminal.notePaint;
  const area = createLiveArea(terminal);
  const running = new Map<string, RunningStep>();
  let totals = noTotals;
  let lost: string | null = null;
  const startedMs = performance.now();

  function stepLines(stepId: string, { sinceMs, ticker, wait }: RunningStep, frame: string): string[] {
    const name = toPrintable(stepId).padEnd(nameColumns);
    const nowMs = performance.now();
    const elapsed = formatDuration(Math.floor((nowMs - sinceMs) / 100) * 100);
    const state = wait !== undefined && nowMs < wait.untilMs ? wait.text : elapsed;
    const words = ticker.lines(tickerLines, terminal.columns() - 4).map((line) => paint.dim(`  │ ${line}`));
    return [`${paint.cyan(frame)} ${name}  ${paint.dim(state)}`, ...words];
  }

  function redraw(): void {
    const elapsedMs = performance.now() - startedMs;
    const frame = frames[Math.floor(elapsedMs / frameMs) % frames.length] ?? '';
    const steps = [...running].flatMap(([stepId, step]) => stepLines(stepId, step, frame));
    const whole = Math.floor(elapsedMs / 1_000) * 1_000;
    const isIdle = running.size === 0 && totals.steps === 0;
    const status = isIdle ? `${paint.cyan(frame)} waits for a worker` : `  ${renderTotals(totals, whole === 0 ? null : whole)}`;
    area.set([...steps, ...(lost === null ? [] : [lost]), paint.dim(status)]);
  }

  function enter(stepId: string, text?: string, waitMs = never): void {
    const sinceMs = performance.now();
    const wait = text === undefined ? {} : { wait: { text, untilMs: sinceMs + waitMs } };
    running.set(stepId, { sinceMs, ticker: createTicker(), ...wait });
  }

  function follow(event: LiveEvent): void {
    switch (event.type) {
      case 'token':
        if (running.get(event.stepId)?.wait !== undefined) enter(event.stepId);
        running.get(event.stepId)?.ticker.add(event.text ?? event.reasoning ?? '');
        return;
      case 'step-started':
      case 'approval-approved':
        enter(event.stepId);
        return;
      case 'step-retry-scheduled':
        enter(event.stepId, 'waits for the next attempt', untilDueMs(event));
        return;
      case 'step-waiting':
        enter(event.stepId, `until ${new Date(event.dueAt).toLocaleTimeString('en-GB')}`, untilDueMs(event));
        return;
      case 'approval-requested':
        enter(event.stepId, 'waits for approval');
        return;
      case 'step-completed':
      case 'step-failed':
      case 'step-skipped':
      case 'step-cancelled':
        running.delete(event.stepId);
    }
  }

  /** What was shown of an answer that is void now stays, struck out. */
  function markVoid(event: LiveEvent): void {
    if (event.type !== 'restart') return;
    const ticker = running.get(event.stepId)?.ticker;
    for (const line of ticker?.lines(tickerLines, terminal.columns() - 4) ?? [])
      area.print(paint.dim(`  │ ${paint.struck(line)}`));
    ticker?.clear();
  }

  const timer = setInterval(redraw, frameMs);
  redraw();
  return {
    onEvent(event) {
      lost = null;
      totals = addToTotals(totals, event);
      markVoid(event);
      const line = event.type === 'step-waiting' ? null : eventLine(event, { paint, nameColumns });
      if (line !== null) area.print(line);
      follow(event);
    },
    onReconnect(reconnect) {
      lost = reconnectLine(reconnect, paint);
    },
    close() {
      clearInterval(timer);
      area.close();
    },
  };
}

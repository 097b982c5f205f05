import type { RunResponse } from '@orchestrator/contracts';
import { noTotals, type RunTotals, renderTotals } from '../progress/run-totals.ts';
import { exitCodes } from '../session/exit-code.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { printJson } from './print-json.ts';

function totalsOf({ steps, totalCostUSD }: RunResponse): RunTotals {
  const completed = steps.filter(({ status }) => status === 'completed');
  const tokens = completed.reduce((sum, { usage }) => sum + (usage?.totalTokens ?? 0), 0);
  return { ...noTotals, steps: completed.length, tokens, costUsd: totalCostUSD };
}

/** One line: how the run ended and what it took. */
export function outcomeLine({ terminal }: Session, run: RunResponse): string {
  const { green, red, yellow, dim } = terminal.notePaint;
  const totals = dim(renderTotals(totalsOf(run), run.totalLatencyMs));
  if (run.status === 'completed')
    return `${green('✓')} completed${run.degraded ? yellow(' by a failure handler') : ''}  ${totals}`;
  if (run.status === 'cancelled') return `${yellow('–')} cancelled  ${totals}`;
  const error = run.error as { readonly name: string; readonly message: string } | undefined;
  return `${red('✗')} ${run.status}${error === undefined ? '' : `: ${toPrintable(`${error.name}: ${error.message}`)}`}  ${totals}`;
}

/** Text as it is, for a terminal without what could harm it; anything else as JSON. */
export function outputText({ terminal }: Session, output: unknown): string {
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
  return terminal.isDataShown ? toPrintable(text) : text;
}

/** Tells how a run ended, prints its output as data, and sets the exit code to match. */
export function finishWith(session: Session, run: RunResponse): void {
  const { terminal } = session;
  if (run.status !== 'completed') session.exitCode = exitCodes.failed;
  terminal.note(outcomeLine(session, run));
  if (session.isJson) printJson(session, run);
  else if (run.output !== undefined && run.output !== null && run.status === 'completed') {
    if (terminal.isLive && terminal.isDataShown) terminal.note('');
    terminal.print(outputText(session, run.output));
  }
}

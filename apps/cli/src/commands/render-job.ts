import type { JobView, StepView } from '@orchestrator/contracts';
import { formatDuration } from '../format/format-duration.ts';
import { formatUsd } from '../format/format-usd.ts';
import type { Paint } from '../terminal/paint.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { paintStatus } from './paint-status.ts';

type ErrorView = { readonly name: string; readonly message: string } | undefined;

const shownOutputCharacters = 2_000;

function errorText(error: unknown): string | null {
  const view = error as ErrorView;
  return view === undefined ? null : toPrintable(`${view.name}: ${view.message}`);
}

function outputLines(output: unknown, paint: Paint): string[] {
  if (output === undefined || output === null) return [];
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
  const shown = toPrintable(text.length > shownOutputCharacters ? `${text.slice(0, shownOutputCharacters)}…` : text);
  return shown.split('\n').map((line) => `    ${paint.dim(line)}`);
}

function stepLines(step: StepView, paint: Paint): string[] {
  const { provider, model, usage, costUSD, latencyMs, attempts } = step;
  const facts = [
    ...(provider === undefined ? [] : [`${provider}/${model}`]),
    ...(usage === undefined ? [] : [`${usage.totalTokens} tokens`]),
    ...(provider === undefined ? [] : [formatUsd(costUSD)]),
    ...(latencyMs === 0 ? [] : [formatDuration(latencyMs)]),
    ...(attempts.length > 1 ? [`${attempts.length} attempts`] : []),
  ];
  const failed = attempts.filter(({ outcome }) => outcome !== 'succeeded' && attempts.length > 1);
  const visit = step.visit > 1 ? ` (visit ${step.visit})` : '';
  const error = errorText(step.error);
  const name = `${paint.bold(toPrintable(step.id))}${visit}`;
  return [
    `  ${name}  ${paintStatus(paint, step.status)(step.status)}  ${paint.dim(facts.join(' · '))}`.trimEnd(),
    ...failed.map(({ attempt, outcome, error: why }) => `    attempt ${attempt} ${outcome}: ${errorText(why) ?? ''}`),
    ...(error === null ? [] : [`    ${paint.red(error)}`]),
    ...(step.approval === undefined ? [] : [`    approve with: orchestrator approvals approve ${step.approval.id}`]),
    ...outputLines(step.output, paint),
  ];
}

/** A run for people: what it is, what it took, its steps and how it ended. */
export function renderJob(job: JobView, paint: Paint): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['run', job.jobId],
    ['workflow', `${toPrintable(job.workflowName)}${job.workflowVersion === undefined ? '' : ` v${job.workflowVersion}`}`],
    ['status', paintStatus(paint, job.status)(job.status) + (job.degraded ? ' (a failure handler was needed)' : '')],
    ['user', job.userId === undefined ? undefined : toPrintable(job.userId)],
    ['accepted', job.acceptedAt],
    ['finished', job.finishedAt],
    ['took', formatDuration(job.totalLatencyMs)],
    ['cost', formatUsd(job.totalCostUSD) + (job.maxCostUSD === undefined ? '' : ` of at most ${formatUsd(job.maxCostUSD)}`)],
  ];
  const error = errorText(job.error);
  return [
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${paint.dim(name.padEnd(9))} ${value}`])),
    ...(error === null ? [] : [`${paint.dim('error'.padEnd(9))} ${paint.red(error)}`]),
    ...(job.steps.length === 0 ? [] : ['', ...job.steps.flatMap((step) => stepLines(step, paint))]),
  ].join('\n');
}

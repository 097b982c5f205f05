import type { JobView, RunListEntry, RunStatus } from '@orchestrator/contracts';
import { Option } from 'commander';
import { formatDuration } from '../format/format-duration.ts';
import { formatUsd } from '../format/format-usd.ts';
import { type Column, renderTable } from '../format/render-table.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, collect, examples } from './command.ts';
import { number, wholeNumber } from './number-options.ts';
import { paintStatus } from './paint-status.ts';
import { printJson } from './print-json.ts';
import { renderJob } from './render-job.ts';

interface ListOptions {
  readonly kind?: 'generate' | 'workflow';
  readonly status?: readonly string[];
  readonly workflow?: string;
  readonly workflowId?: string;
  readonly user?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly tag?: string;
  readonly from?: string;
  readonly to?: string;
  readonly minCost?: number;
  readonly maxCost?: number;
  readonly limit: number;
}

const pageSize = 100;

async function list(session: Session, options: ListOptions): Promise<void> {
  const { limit, user, minCost, maxCost, status, ...filter } = options;
  const runs: RunListEntry[] = [];
  const all = session.client.runs.list(
    {
      ...filter,
      userId: user,
      minCostUSD: minCost,
      maxCostUSD: maxCost,
      // The server knows the statuses, and names them when one is wrong.
      status: status as readonly RunStatus[] | undefined,
      limit: Math.min(limit, pageSize),
    },
    session.call,
  );
  for await (const run of all) {
    runs.push(run);
    if (runs.length === limit) break;
  }
  if (session.isJson) printJson(session, runs);
  else if (runs.length === 0) session.terminal.note('No runs.');
  else session.terminal.print(renderTable(runs, columnsOf(session), session.terminal.paint.dim));
}

function columnsOf({ terminal }: Session): readonly Column<RunListEntry>[] {
  return [
    { title: 'RUN', value: ({ jobId }) => jobId },
    { title: 'STATUS', value: ({ status }) => status, paint: (cell, { status }) => paintStatus(terminal.paint, status)(cell) },
    { title: 'WORKFLOW', value: ({ workflowName }) => toPrintable(workflowName) },
    { title: 'STEPS', align: 'right', value: ({ steps }) => String(steps.length) },
    { title: 'COST', align: 'right', value: ({ totalCostUSD }) => formatUsd(totalCostUSD) },
    { title: 'TOOK', align: 'right', value: ({ totalLatencyMs }) => formatDuration(totalLatencyMs) },
    { title: 'ACCEPTED', value: ({ acceptedAt }) => acceptedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z') },
  ];
}

function show(session: Session, job: JobView): void {
  if (session.isJson) printJson(session, job);
  else session.terminal.print(renderJob(job, session.terminal.paint));
}

export const addRuns: AddCommands = (program, runWith) => {
  const runs = program
    .command('runs')
    .summary('list, show and cancel runs')
    .description('Runs of both kinds: workflows and model calls.');
  runs
    .command('list')
    .summary('list runs')
    .description('Lists runs, newest first.')
    .addOption(new Option('--kind <kind>', 'only runs of this kind').choices(['generate', 'workflow']))
    .option('--status <status>', 'only runs in this status; may be repeated', collect)
    .option('--workflow <name>', 'only runs of workflows of this name')
    .option('--workflow-id <id>', 'only runs of this saved workflow')
    .option('--user <id>', 'only runs of this user')
    .option('--provider <name>', 'only runs that asked this provider')
    .option('--model <name>', 'only runs that asked this model')
    .option('--tag <tag>', 'only runs with this tag')
    .option('--from <time>', 'accepted then or later: 2026-12-01, 2026-12-01T08:00:00Z')
    .option('--to <time>', 'accepted before then')
    .option('--min-cost <usd>', 'only runs that cost this much or more', number(0, 1_000_000))
    .option('--max-cost <usd>', 'only runs that cost this much or less', number(0, 1_000_000))
    .option('--limit <count>', 'most runs to list', wholeNumber(1), 20)
    .addHelpText(
      'after',
      examples(
        'orchestrator runs list --status failed --from 2026-12-01',
        "orchestrator runs list --workflow greeting --json | jq -r '.[].jobId'",
      ),
    )
    .action(runWith(list));
  runs
    .command('get')
    .summary('show a run')
    .description('Shows a run with its steps, attempts and results.')
    .argument('<run>', 'id of the run')
    .addHelpText('after', examples('orchestrator runs get 01a209c7-11ef-7291-9f75-d304257ab82c'))
    .action(runWith(async (session, id: string) => show(session, await session.client.runs.get(id, session.call))));
  runs
    .command('cancel')
    .summary('end a run')
    .description('Asks for the end of a run. No new model call starts later than two seconds after.')
    .argument('<run>', 'id of the run')
    .addHelpText('after', examples('orchestrator runs cancel 01a209c7-11ef-7291-9f75-d304257ab82c'))
    .action(
      runWith(async (session, id: string) => {
        const job = await session.client.runs.cancel(id, session.call);
        if (session.isJson) printJson(session, job);
        else if (job.cancelRequested || job.finishedAt === undefined) session.terminal.print(`cancelling ${job.jobId}`);
        else session.terminal.print(`${job.jobId} had ${job.status} before`);
      }),
    );
};

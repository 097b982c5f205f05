import { userInfo } from 'node:os';
import type { ApprovalStatus, ApprovalView } from '@orchestrator/contracts';
import { Option } from 'commander';
import { formatUsd } from '../format/format-usd.ts';
import { type Column, renderTable } from '../format/render-table.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, examples } from './command.ts';
import { wholeNumber } from './number-options.ts';
import { paintStatus } from './paint-status.ts';
import { printJson } from './print-json.ts';

interface ListOptions {
  readonly status?: ApprovalStatus;
  readonly all?: boolean;
  readonly run?: string;
  readonly limit: number;
}

interface DecideOptions {
  readonly by: string;
  readonly note?: string;
}

const statuses = ['pending', 'approved', 'rejected', 'expired', 'cancelled'];

function columnsOf({ terminal }: Session): readonly Column<ApprovalView>[] {
  return [
    { title: 'APPROVAL', value: ({ id }) => id },
    { title: 'STATUS', value: ({ status }) => status, paint: (cell, { status }) => paintStatus(terminal.paint, status)(cell) },
    { title: 'STEP', value: ({ stepId }) => toPrintable(stepId) },
    { title: 'MODEL', value: ({ provider, model }) => `${provider}/${model}` },
    {
      title: 'CAN COST',
      align: 'right',
      value: ({ estimatedCostUSD }) => (estimatedCostUSD === null ? 'unknown' : formatUsd(estimatedCostUSD)),
    },
    { title: 'RUN', value: ({ jobId }) => jobId },
    { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z') },
  ];
}

async function list(session: Session, options: ListOptions): Promise<void> {
  const status = options.status ?? (options.all === true ? undefined : 'pending');
  const approvals: ApprovalView[] = [];
  const filter = { status, jobId: options.run, limit: Math.min(options.limit, 100) };
  for await (const approval of session.client.approvals.list(filter, session.call)) {
    approvals.push(approval);
    if (approvals.length === options.limit) break;
  }
  if (session.isJson) printJson(session, approvals);
  else if (approvals.length === 0) session.terminal.note('Nothing waits for approval.');
  else session.terminal.print(renderTable(approvals, columnsOf(session), session.terminal.paint.dim));
}

function decide(verb: 'approve' | 'reject') {
  return async (session: Session, id: string, { by, note }: DecideOptions): Promise<void> => {
    const decision = { decidedBy: by, ...(note === undefined ? {} : { note }) };
    const approval = await session.client.approvals[verb](id, decision, session.call);
    if (session.isJson) printJson(session, approval);
    else session.terminal.print(`${approval.status} ${toPrintable(approval.stepId)} of run ${approval.jobId}`);
  };
}

export const addApprovals: AddCommands = (program, runWith) => {
  const approvals = program
    .command('approvals')
    .summary('what waits for approval')
    .description("Model calls that can cost more than the system may spend on its own, and wait for somebody's agreement.");
  approvals
    .command('list')
    .summary('list approvals')
    .description('Lists the approvals that are pending, or those with another status.')
    .addOption(new Option('--status <status>', 'those with this status').choices(statuses).conflicts('all'))
    .option('--all', 'those with any status')
    .option('--run <id>', 'those of this run')
    .option('--limit <count>', 'most approvals to list', wholeNumber(1), 20)
    .addHelpText('after', examples('orchestrator approvals list', 'orchestrator approvals list --status expired --json'))
    .action(runWith(list));
  for (const verb of ['approve', 'reject'] as const) {
    approvals
      .command(verb)
      .summary(verb === 'approve' ? 'let a call be made' : 'refuse a call')
      .description(verb === 'approve' ? 'Lets the call be made; its run goes on.' : 'Refuses the call; its step fails.')
      .argument('<approval>', 'id of the approval')
      .option('--by <name>', 'who decides', userInfo().username)
      .option('--note <text>', 'what there is to say about it')
      .addHelpText(
        'after',
        examples(`orchestrator approvals ${verb} 7b0c1c6e-8a38-5d5c-9a6f-2f1f4b8c0a11 --note "see ticket 17"`),
      )
      .action(runWith(decide(verb)));
  }
};

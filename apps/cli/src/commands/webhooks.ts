import {
  type WebhookDeliveryStatus,
  type WebhookDeliverySummaryView,
  type WebhookEndpointView,
  webhookDeliveryStatuses,
} from '@orchestrator/contracts';
import { type Command, Option } from 'commander';
import { formatDuration } from '../format/format-duration.ts';
import { type Column, renderTable } from '../format/render-table.ts';
import { UsageError } from '../input/usage-error.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, collect, examples, type RunWith } from './command.ts';
import { wholeNumber } from './number-options.ts';
import { paintStatus } from './paint-status.ts';
import { printJson } from './print-json.ts';

interface CreateOptions {
  readonly event?: readonly string[];
  readonly description?: string;
}

interface DeliveriesOptions {
  readonly status?: WebhookDeliveryStatus;
  readonly limit: number;
}

interface ReplayOptions {
  readonly from?: string;
  readonly to?: string;
  readonly status?: 'failed' | 'cancelled' | 'delivered';
}

const webhookColumns: readonly Column<WebhookEndpointView>[] = [
  { title: 'WEBHOOK', value: ({ id }) => id },
  {
    title: 'STATUS',
    value: ({ status, disabledReason }) => (disabledReason === undefined ? status : `${status} (${disabledReason})`),
  },
  { title: 'EVENTS', value: ({ events }) => events.join(', ') },
  { title: 'URL', value: ({ url }) => toPrintable(url) },
  { title: 'DESCRIPTION', value: ({ description = '' }) => toPrintable(description) },
];

function deliveryColumns({ terminal: { paint } }: Session): readonly Column<WebhookDeliverySummaryView>[] {
  return [
    { title: 'DELIVERY', value: ({ id }) => id },
    {
      title: 'STATUS',
      value: ({ status }) => status,
      paint: (cell, { status }) => paintStatus(paint, status === 'delivered' ? 'completed' : status)(cell),
    },
    { title: 'EVENT', value: ({ eventType }) => eventType },
    { title: 'ATTEMPTS', align: 'right', value: ({ attempts }) => String(attempts) },
    { title: 'ANSWER', value: ({ lastStatus, lastError }) => toPrintable(String(lastStatus ?? lastError ?? '')) },
    {
      title: 'TOOK',
      align: 'right',
      value: ({ lastLatencyMs }) => (lastLatencyMs === undefined ? '' : formatDuration(lastLatencyMs)),
    },
    { title: 'CREATED', value: ({ createdAt }) => createdAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z') },
  ];
}

async function list(session: Session): Promise<void> {
  const webhooks = await session.client.webhooks.list(session.call);
  if (session.isJson) printJson(session, webhooks);
  else if (webhooks.length === 0) session.terminal.note('There are no webhooks.');
  else session.terminal.print(renderTable(webhooks, webhookColumns, session.terminal.paint.dim));
}

async function create(session: Session, url: string, { event, description }: CreateOptions): Promise<void> {
  const request = {
    url,
    ...(event === undefined ? {} : { events: [...event] }),
    ...(description === undefined ? {} : { description }),
  };
  const webhook = await session.client.webhooks.create(request, session.call);
  if (session.isJson) printJson(session, webhook);
  else {
    session.terminal.print(`${webhook.id}  ${webhook.secret}`);
    session.terminal.note('Keep the secret: it is shown this once. Receivers verify messages with it (docs/webhooks.md).');
  }
}

async function remove(session: Session, id: string): Promise<void> {
  await session.client.webhooks.delete(id, session.call);
  if (session.isJson) printJson(session, { id, deleted: true });
  else session.terminal.print(`deleted ${id}`);
}

async function deliveries(session: Session, id: string, { status, limit }: DeliveriesOptions): Promise<void> {
  const found: WebhookDeliverySummaryView[] = [];
  for await (const delivery of session.client.webhooks.deliveries(id, { status, limit: Math.min(limit, 100) }, session.call)) {
    found.push(delivery);
    if (found.length === limit) break;
  }
  if (session.isJson) printJson(session, found);
  else if (found.length === 0) session.terminal.note('Nothing was delivered.');
  else session.terminal.print(renderTable(found, deliveryColumns(session), session.terminal.paint.dim));
}

async function replay(session: Session, id: string, deliveryId: string | undefined, options: ReplayOptions): Promise<void> {
  const { from, to, status } = options;
  if ((deliveryId === undefined) === (from === undefined && to === undefined)) {
    throw new UsageError('Name one delivery, or a time with --from and --to.');
  }
  let replayed = 0;
  if (deliveryId !== undefined) ({ replayed } = await session.client.webhooks.replay(id, { deliveryId }, session.call));
  else {
    if (from === undefined || to === undefined) throw new UsageError('A time has both --from and --to.');
    for (let next: string | undefined = from; next !== undefined; ) {
      const answer = await session.client.webhooks.replay(id, { from: next, to, status }, session.call);
      replayed += answer.replayed;
      next = answer.nextFrom === next ? undefined : answer.nextFrom;
    }
  }
  if (session.isJson) printJson(session, { replayed });
  else session.terminal.print(`${replayed} ${replayed === 1 ? 'delivery' : 'deliveries'} on the way again`);
}

export const addWebhooks: AddCommands = (program, runWith) => {
  const webhooks = program
    .command('webhooks')
    .summary('URLs that are told of runs')
    .description('URLs of yours that are told when a run ends, or when somebody has to decide.');
  webhooks
    .command('list')
    .summary('list webhooks')
    .description('Lists webhooks, newest first.')
    .addHelpText('after', examples('orchestrator webhooks list'))
    .action(runWith(list));
  webhooks
    .command('create')
    .summary('create a webhook')
    .description('Creates a webhook and prints its id and signing secret, this once.')
    .argument('<url>', 'where messages go')
    .option('--event <type>', 'only events of this type; may be repeated', collect)
    .option('--description <text>', 'what it is for')
    .addHelpText('after', examples('orchestrator webhooks create https://receiver.example/hooks --event run.failed'))
    .action(runWith(create));
  webhooks
    .command('delete')
    .summary('delete a webhook')
    .description('Deletes a webhook: it is told nothing more.')
    .argument('<webhook>', 'id of the webhook')
    .addHelpText('after', examples('orchestrator webhooks delete 01a209c7-2f01-7cc0-9d13-3c5a0c3a4e11'))
    .action(runWith(remove));
  addDeliveries(webhooks, runWith);
};

function addDeliveries(webhooks: Command, runWith: RunWith): void {
  webhooks
    .command('deliveries')
    .summary('what was sent')
    .description('Lists what was sent to a webhook, newest first.')
    .argument('<webhook>', 'id of the webhook')
    .addOption(new Option('--status <status>', 'only deliveries in this status').choices(webhookDeliveryStatuses))
    .option('--limit <count>', 'most deliveries to list', wholeNumber(1), 20)
    .addHelpText('after', examples('orchestrator webhooks deliveries 01a209c7-2f01-7cc0-9d13-3c5a0c3a4e11 --status failed'))
    .action(runWith(deliveries));
  webhooks
    .command('replay')
    .summary('send again')
    .description('Sends one delivery again, or all of a time. Receivers see the same webhook-id as before.')
    .argument('<webhook>', 'id of the webhook')
    .argument('[delivery]', 'id of the delivery')
    .option('--from <time>', 'deliveries of then or later: 2026-12-01T08:00:00Z')
    .option('--to <time>', 'deliveries before then')
    .addOption(new Option('--status <status>', 'of a time: which').choices(['failed', 'cancelled', 'delivered']))
    .addHelpText(
      'after',
      examples(
        'orchestrator webhooks replay 01a209c7-2f01-7cc0-9d13-3c5a0c3a4e11 01a209c7-3a11-7f00-8c00-0a1b2c3d4e5f',
        'orchestrator webhooks replay 01a209c7-2f01-7cc0-9d13-3c5a0c3a4e11 --from 2026-12-01T00:00:00Z --to 2026-12-02T00:00:00Z',
      ),
    )
    .action(runWith(replay));
}

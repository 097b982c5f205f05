import type { RunStream } from '@orchestrator/client';
import { type LiveEvent, liveEventTypes } from '@orchestrator/contracts';
import { eventLine } from '../progress/event-line.ts';
import { reconnectLine } from '../progress/reconnect-line.ts';
import { exitCodes } from '../session/exit-code.ts';
import { resumeHintOf } from '../session/resume-hint.ts';
import type { Session } from '../session/session.ts';
import type { Paint } from '../terminal/paint.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, examples } from './command.ts';
import { printEvent } from './follow.ts';

interface LogsOptions {
  readonly follow?: boolean;
  readonly from?: string;
  readonly tokens?: boolean;
}

/** What has happened comes at once; a pause this long means that the rest has not happened yet. */
const pauseMs = 1_000;

const nameColumns = 0;
/** What takes tokens back tells nothing without them. */
const withoutTokens = liveEventTypes.filter((type) => type !== 'token' && type !== 'restart');

function textOf(event: LiveEvent, paint: Paint): string {
  switch (event.type) {
    case 'token':
      return paint.dim(`· ${toPrintable(`${event.stepId}  ${JSON.stringify(tokenText(event))}`)}`);
    case 'run-accepted':
      return `${paint.dim('·')} ${toPrintable(event.workflowName)} accepted`;
    case 'step-started':
      return `${paint.dim('·')} ${toPrintable(event.stepId)} started`;
    case 'run-completed':
      return `${paint.green('✓')} completed`;
    case 'run-failed':
      return `${paint.red('✗')} failed${event.error === undefined ? '' : toPrintable(`: ${event.error.name}: ${event.error.message}`)}`;
    case 'run-cancelled':
      return `${paint.yellow('–')} cancelled`;
    default:
      return eventLine(event, { paint, nameColumns }) ?? `${paint.dim('·')} ${event.type.replaceAll('-', ' ')}`;
  }
}

function lineOf({ terminal: { paint } }: Session, event: LiveEvent): string {
  return `${paint.dim(event.at.replace('T', ' ').replace('Z', ''))}  ${textOf(event, paint)}`;
}

function tokenText({ text, reasoning, toolCall }: Extract<LiveEvent, { readonly type: 'token' }>): string {
  return text ?? reasoning ?? toolCall?.argumentsDelta ?? '';
}

const pausedReason = new Error('nothing more has happened yet');

/** Ends the reading when nothing comes for a while. */
function stopAtPause(): { readonly signal: AbortSignal; touch(): void; stop(): void } {
  const controller = new AbortController();
  const end = () => controller.abort(pausedReason);
  let timer = setTimeout(end, pauseMs * 5);
  return {
    signal: controller.signal,
    touch() {
      clearTimeout(timer);
      timer = setTimeout(end, pauseMs);
    },
    stop: () => clearTimeout(timer),
  };
}

async function printAll(session: Session, id: string, stream: RunStream<unknown>, onEvent: () => void): Promise<void> {
  let status: string | undefined;
  for await (const event of stream) {
    onEvent();
    session.resumeHint = resumeHintOf(id, stream.lastEventId);
    if (session.isJson) printEvent(session, event);
    else session.terminal.print(lineOf(session, event));
    status = event.type.replace(/^run-/, '');
  }
  // Nothing came, as the last event was seen before: the exit code tells of it all the same.
  status ??= (await session.client.runs.get(id, session.call)).status;
  if (status === 'failed' || status === 'cancelled') session.exitCode = exitCodes.failed;
}

async function logs(session: Session, id: string, options: LogsOptions): Promise<void> {
  const { client, terminal, call } = session;
  // What has ended has an end that can be waited for.
  const isOpen = options.follow !== true && (await client.runs.get(id, call)).finishedAt === undefined;
  const paused = stopAtPause();
  const signals = [call.signal, ...(isOpen ? [paused.signal] : [])].filter((signal) => signal !== undefined);
  const stream = client.runs.stream(id, {
    ...call,
    signal: AbortSignal.any(signals),
    lastEventId: options.from,
    types: options.tokens === true ? undefined : withoutTokens,
    onReconnect: (reconnect) => terminal.note(reconnectLine(reconnect, terminal.notePaint)),
  });
  session.resumeHint = resumeHintOf(id, options.from);
  try {
    await printAll(session, id, stream, paused.touch);
  } catch (error) {
    if (error !== pausedReason) throw error;
    terminal.note(terminal.notePaint.dim(`So far. See more as it happens: orchestrator logs ${id} --follow`));
  } finally {
    paused.stop();
  }
}

export const addLogs: AddCommands = (program, runWith) => {
  program
    .command('logs')
    .summary('what happened in a run')
    .description('Prints the events of a run. With --follow until its end; the exit code says how it ended.')
    .argument('<run>', 'id of the run')
    .option('-f, --follow', 'go on until the run ends, across lost connections')
    .option('--from <event>', 'go on behind this event, such as 1-17')
    .option('--tokens', 'the pieces of answers too')
    .addHelpText(
      'after',
      examples(
        'orchestrator logs 01a209c7-11ef-7291-9f75-d304257ab82c --follow',
        'orchestrator logs 01a209c7-11ef-7291-9f75-d304257ab82c --json --tokens',
      ),
    )
    .action(runWith(logs));
};

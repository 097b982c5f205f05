import type { RunResponse, RunWorkflowRequest } from '@orchestrator/contracts';
import { Option } from 'commander';
import { parseInput } from '../input/parse-input.ts';
import { readJsonObject } from '../input/read-text.ts';
import { exitCodes } from '../session/exit-code.ts';
import { resumeHintOf } from '../session/resume-hint.ts';
import type { Session } from '../session/session.ts';
import { type AddCommands, collect, examples } from './command.ts';
import { follow } from './follow.ts';
import { printJson } from './print-json.ts';
import { finishWith } from './run-outcome.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface RunOptions {
  readonly input?: readonly string[];
  readonly follow?: boolean;
  readonly detach?: boolean;
  readonly user?: string;
  readonly tag?: readonly string[];
  readonly priority?: 'low' | 'normal' | 'high';
  readonly idempotencyKey?: string;
}

async function requestOf(workflow: string, options: RunOptions): Promise<RunWorkflowRequest> {
  const input = await parseInput(options.input ?? []);
  return {
    ...(uuid.test(workflow) ? { workflowId: workflow } : { workflow: await readJsonObject(workflow) }),
    ...(input === undefined ? {} : { input }),
    ...(options.user === undefined ? {} : { userId: options.user }),
    ...(options.tag === undefined ? {} : { tags: [...options.tag] }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  };
}

function stepIdsOf({ workflow }: RunWorkflowRequest): string[] {
  const steps: unknown = workflow?.steps;
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: { readonly id?: unknown } | null) => (typeof step?.id === 'string' ? [step.id] : []));
}

async function run(session: Session, workflow: string, options: RunOptions): Promise<void> {
  const { client, terminal } = session;
  const request = await requestOf(workflow, options);
  const call = { ...session.call, idempotencyKey: options.idempotencyKey };

  if (options.follow === true) {
    const { runId } = await client.runs.create({ ...request, live: true }, call);
    session.resumeHint = resumeHintOf(runId);
    if (!session.isJson) terminal.note(terminal.notePaint.dim(`run ${runId}`));
    const stream = await follow(session, { open: (each) => client.runs.stream(runId, each), stepIds: stepIdsOf(request) });
    const result = (await stream.result()) as RunResponse;
    if (!session.isJson) finishWith(session, result);
    else if (result.status !== 'completed') session.exitCode = exitCodes.failed;
    return;
  }
  if (options.detach === true) {
    const created = await client.runs.create(request, call);
    if (session.isJson) printJson(session, created);
    else terminal.print(created.runId);
    return;
  }
  // Created first, so that Ctrl-C knows which run goes on.
  const { runId } = await client.runs.create(request, call);
  session.resumeHint = resumeHintOf(runId);
  finishWith(session, await client.runs.wait(runId, session.wait));
}

export const addRun: AddCommands = (program, runWith) => {
  program
    .command('run')
    .summary('run a workflow')
    .description(
      'Runs a workflow and prints its output. Without --follow or --detach it waits for the end in silence; the exit code says how the run ended.',
    )
    .argument('<workflow>', 'a JSON file (-: standard input), or the id of a saved workflow')
    .option(
      '-i, --input <name=value>',
      "field of the input; JSON where it is some, else text. name=@file takes a file's content, @file all fields of one",
      collect,
    )
    .option('-f, --follow', 'show steps, answers and cost while it runs')
    .option('-d, --detach', 'print the id of the run and leave it to itself')
    .option('--user <id>', 'whose run it is, for lists and audit')
    .option('--tag <tag>', 'label of the run, for lists; may be repeated', collect)
    .addOption(new Option('--priority <priority>', 'how urgent it is').choices(['low', 'normal', 'high']))
    .option('--idempotency-key <key>', 'the same key with the same request is the same run')
    .addHelpText(
      'after',
      examples(
        'orchestrator run workflows/research-and-summarize.json --follow',
        'orchestrator run greeting.json --input name=Ada --input "tags=[1, 2]" --input text=@letter.txt',
        'orchestrator run nightly.json --detach --idempotency-key nightly-2026-12-01',
      ),
    )
    .action(runWith(run));
};

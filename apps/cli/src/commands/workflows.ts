import type { WorkflowView } from '@orchestrator/contracts';
import { type Column, renderTable } from '../format/render-table.ts';
import { readJsonObject } from '../input/read-text.ts';
import { UsageError } from '../input/usage-error.ts';
import { exitCodes } from '../session/exit-code.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, examples } from './command.ts';
import { wholeNumber } from './number-options.ts';
import { printJson } from './print-json.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const mostListed = 500;

function columnsOf(): readonly Column<WorkflowView>[] {
  return [
    { title: 'WORKFLOW', value: ({ workflowId }) => workflowId },
    { title: 'NAME', value: ({ name }) => toPrintable(name) },
    { title: 'VERSION', align: 'right', value: ({ version }) => String(version) },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'CHANGED', value: ({ updatedAt }) => updatedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z') },
  ];
}

async function push(session: Session, files: readonly string[], { draft }: { readonly draft?: boolean }): Promise<void> {
  const definitions = await Promise.all(files.map(async (file) => ({ file, definition: await readJsonObject(file) })));
  const saved = [];
  for (const { file, definition } of definitions) {
    // Before the answer, so that what is refused has a name.
    if (files.length > 1) session.terminal.note(session.terminal.notePaint.dim(file));
    const status = draft === true ? ({ status: 'draft' } as const) : {};
    const answer = await session.client.workflows.create({ definition, ...status }, session.call);
    saved.push(answer);
    if (!session.isJson)
      session.terminal.print(`${answer.workflowId}  ${answer.outcome}  ${toPrintable(answer.name)} v${answer.version}`);
  }
  if (session.isJson) printJson(session, saved);
}

async function list(session: Session, { limit }: { readonly limit: number }): Promise<void> {
  const { total, workflows } = await session.client.workflows.list({ limit }, session.call);
  if (session.isJson) printJson(session, workflows);
  else if (workflows.length === 0) session.terminal.note('No workflow is saved.');
  else session.terminal.print(renderTable(workflows, columnsOf(), session.terminal.paint.dim));
  if (total > workflows.length) session.terminal.note(`${total} in all: raise --limit`);
}

/** By id, or by name: the newest version, or `name@version`. */
async function find(session: Session, key: string): Promise<WorkflowView> {
  if (uuid.test(key)) return await session.client.workflows.get(key, session.call);
  const [, name = key, version] = /^(.+)@(\d+)$/.exec(key) ?? [];
  const { workflows } = await session.client.workflows.list({ limit: mostListed }, session.call);
  const [found] = workflows
    .filter((each) => each.name === name && (version === undefined || each.version === Number(version)))
    .toSorted((left, right) => right.version - left.version);
  if (found === undefined) throw new UsageError(`No workflow ${JSON.stringify(key)} is saved.`);
  return found;
}

async function validate(session: Session, file: string): Promise<void> {
  const { warnings } = await session.client.workflows.validate(await readJsonObject(file), session.call);
  if (session.isJson) printJson(session, { valid: true, warnings });
  else session.terminal.print(`${session.terminal.paint.green('✓')} ${file} can run`);
  const { yellow } = session.terminal.notePaint;
  for (const { pointer, message } of warnings) session.terminal.note(`${yellow('!')} ${pointer}  ${toPrintable(message)}`);
  session.exitCode = exitCodes.ok;
}

export const addWorkflows: AddCommands = (program, runWith) => {
  const workflows = program.command('workflows').summary('saved workflows').description('Saved workflows.');
  workflows
    .command('push')
    .summary('save workflows')
    .description('Saves workflows under the name and version that stand in them. The same again changes nothing.')
    .argument('<files...>', 'JSON files (-: standard input)')
    .option('--draft', 'label them as drafts')
    .addHelpText(
      'after',
      examples('orchestrator workflows push greeting.json', 'orchestrator workflows push greeting.json nightly.json --draft'),
    )
    .action(runWith(push));
  workflows
    .command('list')
    .summary('list saved workflows')
    .description('Lists saved workflows, last changed first.')
    .option('--limit <count>', 'most workflows to list', wholeNumber(1), 100)
    .addHelpText('after', examples("orchestrator workflows list --json | jq -r '.[].name'"))
    .action(runWith(list));
  workflows
    .command('get')
    .summary('print a saved workflow')
    .description('Prints the definition of a saved workflow, and all that is known of it with --json.')
    .argument('<workflow>', 'id, name, or name@version')
    .addHelpText('after', examples('orchestrator workflows get greeting@2 > greeting.json'))
    .action(
      runWith(async (session: Session, key: string) => {
        const found = await find(session, key);
        printJson(session, session.isJson ? found : found.definition);
      }),
    );
  workflows
    .command('validate')
    .summary('check a workflow')
    .description('Checks a workflow and stores nothing. Tells every broken rule, with exit code 1.')
    .argument('<file>', 'JSON file (-: standard input)')
    .addHelpText('after', examples('orchestrator workflows validate greeting.json'))
    .action(runWith(validate));
};

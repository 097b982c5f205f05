import { Command, InvalidArgumentError, Option } from 'commander';
import { addApprovals } from './commands/approvals.ts';
import { addCatalogue } from './commands/catalogue.ts';
import { type AddCommands, examples, type RunWith } from './commands/command.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addGenerate } from './commands/generate.ts';
import { addLogs } from './commands/logs.ts';
import { addRepositoryScripts } from './commands/repository-scripts.ts';
import { addRun } from './commands/run.ts';
import { addRuns } from './commands/runs.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { addWorkflows } from './commands/workflows.ts';
import { parseDuration } from './input/parse-duration.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
  /** `--no-color` makes it false. */
  readonly color: boolean;
  readonly timeout?: number;
  readonly quiet?: boolean;
}

const groups: readonly (readonly [string, readonly AddCommands[]])[] = [
  ['Work:', [addRun, addGenerate]],
  ['Look:', [addRuns, addLogs, addApprovals, addWorkflows, addWebhooks, addCatalogue]],
  ['Operate:', [addDoctor, addRepositoryScripts, addCompletion]],
];

function duration(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs !== null && durationMs > 0) return durationMs;
  throw new InvalidArgumentError('It must be a duration such as 30s, 5m, 500ms, or a number of seconds.');
}

function httpUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('It must be a URL that starts with http:// or https://.');
}

/** The command line: what there is, and how it is called. */
export function createProgram(runWith: RunWith, version: string): Command {
  const program = new Command('orchestrator')
    .description('Durable, budgeted, explainable LLM calls and workflows.')
    .version(version)
    .addOption(new Option('--url <url>', 'where the API is (ORCHESTRATOR_URL; http://127.0.0.1:3000)').argParser(httpUrl))
    .option('--json', 'print data as JSON; events as a line of JSON each')
    .option('--no-color', 'no colours; so does NO_COLOR')
    .addOption(new Option('--timeout <duration>', 'give up after this long, such as 30s or 5m').argParser(duration))
    .option('-q, --quiet', 'nothing on standard error but errors')
    .showHelpAfterError('(--help tells more)')
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .exitOverride()
    .addHelpText(
      'after',
      `${examples(
        'orchestrator run workflows/research-and-summarize.json --follow',
        'orchestrator generate "Explain quantum computing" --stream',
        'orchestrator runs list --status failed',
      )}\n\nData goes to standard output, everything else to standard error.\nExit codes: 0 done, 1 the run failed, 2 wrong usage, 3 not allowed (401, 403), 4 timeout, 130 Ctrl-C.`,
    );
  for (const [title, list] of groups) {
    program.commandsGroup(title);
    for (const add of list) add(program, runWith);
  }
  return program;
}

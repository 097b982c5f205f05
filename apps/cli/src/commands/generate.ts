import type { GenerateRequest, GenerateResponse } from '@orchestrator/contracts';
import { formatDuration } from '../format/format-duration.ts';
import { formatUsd } from '../format/format-usd.ts';
import { readText } from '../input/read-text.ts';
import { UsageError } from '../input/usage-error.ts';
import { createProgress } from '../progress/progress.ts';
import { reconnectLine } from '../progress/reconnect-line.ts';
import { resumeHintOf } from '../session/resume-hint.ts';
import type { Session } from '../session/session.ts';
import { toPrintable } from '../terminal/to-printable.ts';
import { type AddCommands, collect, examples } from './command.ts';
import { printEvent } from './follow.ts';
import { number, wholeNumber } from './number-options.ts';
import { printJson } from './print-json.ts';
import { outputText } from './run-outcome.ts';

interface GenerateOptions {
  readonly provider?: string;
  readonly model?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly system?: string;
  readonly maxCost?: number;
  readonly user?: string;
  readonly tag?: readonly string[];
  readonly stream?: boolean;
}

async function requestOf(prompt: string, options: GenerateOptions): Promise<GenerateRequest> {
  const text = prompt === '-' ? await readText('-') : prompt;
  if (text.trim() === '') throw new UsageError('The prompt is empty.');
  const { provider, model, maxTokens, temperature, system, maxCost, user, tag } = options;
  return {
    prompt: text,
    ...(system === undefined ? {} : { systemPrompt: system }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxCost === undefined ? {} : { maxCostUSD: maxCost }),
    ...(user === undefined ? {} : { userId: user }),
    ...(tag === undefined ? {} : { tags: [...tag] }),
  };
}

/** Who answered, and what it took. */
function noteAnswer({ terminal }: Session, answer: GenerateResponse): void {
  const { provider, model, usage, costUSD, latencyMs, finishReason, warnings = [] } = answer;
  const { dim, yellow } = terminal.notePaint;
  const facts = [`${provider}/${model}`, `${usage.totalTokens} tokens`, formatUsd(costUSD), formatDuration(latencyMs)];
  terminal.note(dim(facts.join(' · ')));
  if (finishReason === 'length') terminal.note(`${yellow('!')} cut off at the output limit: raise --max-tokens`);
  for (const warning of warnings) terminal.note(`${yellow('!')} ${toPrintable(warning)}`);
}

/** On a terminal the answer is shown word by word; a call that is made again begins on a new line. */
async function streamShown(session: Session, request: GenerateRequest): Promise<GenerateResponse> {
  const { client, terminal } = session;
  const { yellow, dim } = terminal.notePaint;
  const stream = client.stream(request, {
    ...session.call,
    onReconnect: (reconnect) => terminal.note(`\n${reconnectLine(reconnect, terminal.notePaint)}`),
  });
  session.resumeHint = resumeHintOf(await stream.jobId);
  const onRestart = () =>
    terminal.note(`\n${yellow('↺')} ${dim('the call broke off: what stands above is void, it is made again')}`);
  for await (const piece of stream.text({ onRestart })) terminal.write(toPrintable(piece));
  terminal.write('\n');
  return await stream.result();
}

/** Elsewhere the answer must be right: it is written when it is complete, since a call may be made again. */
async function streamQuietly(session: Session, request: GenerateRequest): Promise<GenerateResponse> {
  const { client, terminal } = session;
  const progress = session.isJson ? null : createProgress({ terminal, stepIds: ['generate'] });
  const stream = client.stream(request, { ...session.call, onReconnect: (reconnect) => progress?.onReconnect(reconnect) });
  try {
    for await (const event of stream) {
      session.resumeHint = resumeHintOf(event.jobId, stream.lastEventId);
      if (progress === null) printEvent(session, event);
      else progress.onEvent(event);
    }
  } finally {
    progress?.close();
  }
  const answer = await stream.result();
  if (!session.isJson) terminal.print(outputText(session, answer.content));
  return answer;
}

async function generate(session: Session, prompt: string, options: GenerateOptions): Promise<void> {
  const request = await requestOf(prompt, options);
  if (options.stream === true) {
    const isShown = session.terminal.isDataShown && !session.isJson;
    noteAnswer(session, await (isShown ? streamShown(session, request) : streamQuietly(session, request)));
    return;
  }
  const answer = await session.client.generate(request, session.wait);
  if (session.isJson) printJson(session, answer);
  else session.terminal.print(outputText(session, answer.content));
  noteAnswer(session, answer);
}

export const addGenerate: AddCommands = (program, runWith) => {
  program
    .command('generate')
    .summary('make one model call')
    .description('Makes one model call and prints the answer.')
    .argument('<prompt>', 'the prompt (-: standard input)')
    .option('--provider <name>', 'whom to ask; else the router chooses')
    .option('--model <name>', 'which model')
    .option('--max-tokens <count>', 'most tokens of the answer', wholeNumber(1))
    .option('--temperature <number>', '0 to 2', number(0, 2))
    .option('--system <text>', 'the system prompt')
    .option('--max-cost <usd>', 'the call is not made if it could cost more', number(0, 1_000_000))
    .option('--user <id>', 'whose call it is, for lists and audit')
    .option('--tag <tag>', 'label of the run, for lists; may be repeated', collect)
    .option('-s, --stream', 'show the answer while it comes')
    .addHelpText(
      'after',
      examples(
        'orchestrator generate "Explain quantum computing" --max-tokens 200 --stream',
        'git diff | orchestrator generate - --system "Write a commit message for this diff"',
        'orchestrator generate "Hello" --provider openai --json | jq .costUSD',
      ),
    )
    .action(runWith(generate));
};

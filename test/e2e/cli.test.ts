import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { JobView, LiveEvent } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { failOnLeakedProcesses, spawnNode } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { type CliOptions, type CliResult, repositoryRoot, runCli, runShell, startCli } from './support/cli.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const content = 'A long answer that comes in many small pieces. '.repeat(12).trim();
const drip = { type: 'slow-drip', chunkBytes: 120, intervalMs: 15 } as const;
const colour = /\u001b\[3\dm/;
const idOf = (text: string) => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';

let installation: Installation;
let folder: string;
beforeAll(async () => {
  folder = await makeScratchFolder('cli');
  installation = await startInstallation({
    keysOf: 'all',
    script: {
      rules: [
        { promptIncludes: '[[cut-1', times: 1, fault: { type: 'cut', at: 'in-body' }, content },
        { promptIncludes: '[[cut-2', times: 1, fault: { type: 'cut', at: 'in-body' }, content },
        { promptIncludes: '[[slow', latencyMs: 4_000 },
        { promptIncludes: '[[refused]]', fault: { type: 'status', status: 400 } },
        { promptIncludes: '[[evil', content: 'before \u001b]0;owned\u0007\u001b[2J after' },
        { promptIncludes: '[[drip', fault: drip, content },
      ],
    },
    env: {
      ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: '0.0003',
      ORCHESTRATOR_DEFAULT_PROVIDER: 'openai',
      OPENAI_DEFAULT_MODEL: 'gpt-4o-mini',
    },
  });
});
afterAll(() => installation?.dispose());

const cli = (cliArguments: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(cliArguments, { ...options, env: { ORCHESTRATOR_URL: installation.api.url, ...options.env } });
const shell = (script: string, env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
  runShell(script, { env: { ORCHESTRATOR_URL: installation.api.url, ...env } });
const start = (...cliArguments: readonly string[]) => startCli(cliArguments, { env: { ORCHESTRATOR_URL: installation.api.url } });

async function saved(name: string, steps: readonly object[], fields: object = {}): Promise<string> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(workflow(steps, { name, ...fields })));
  return file;
}

describe('run', () => {
  it('prints the output, and how it went beside it', async () => {
    const prompt = '[[plain]] About {{input.topic}} in {{input.depth}}: {{input.user.name}}';
    const file = await saved('plain', [{ ...ask('one', 'x'), input: { prompt, maxTokens: 50 } }]);
    const run = await cli(['run', file, '--input', 'topic=tea', '--input', 'depth=[2]', '-i', 'user.name=Ada', '--user', 'u-1']);
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^✓ completed {2}1 step · \d+ tokens · \$0\.0\d+ · /),
    });
    expect(run.stdout).toMatch(/^\[\[plain\]\] Scripted answer/);
    expect(run.stdout.endsWith('\n')).toBe(true);
    const [call] = callsOf(installation.upstream, 'plain');
    expect(JSON.stringify(call)).toContain('plain');
    const json = await cli(['run', file, '--input', `@${await inputFile()}`, '--json', '--quiet']);
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'completed',
      input: { topic: 'coffee', depth: 1, user: { name: 'Eve' } },
    });
  });

  async function inputFile(): Promise<string> {
    const file = join(folder, 'input.json');
    await writeFile(file, JSON.stringify({ topic: 'coffee', depth: 1, user: { name: 'Eve' } }));
    return file;
  }

  it('follows steps as lines, and as events in JSON', async () => {
    const file = await saved('two', [
      { id: 'odd', action: 'noop', when: 'false' },
      ask('first', 'drip-1'),
      ask('second', 'cut-1'),
    ]);
    const run = await cli(['run', file, '--follow']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^\S[^\u001b]*\n$/);
    expect(run.stderr).toMatch(
      /^run [0-9a-f-]{36}\n– odd {5}skipped: condition\n✓ first {3}openai\/gpt-4o-mini · \d+ tokens · \$/,
    );
    expect(run.stderr).toMatch(/! second {2}attempt 1 failed: Provider\./);
    expect(run.stderr).toMatch(/↺ second {2}the call broke off: what came so far is void/);
    expect(run.stderr).toMatch(/\n✓ completed {2}2 steps · /);
    const events = (await cli(['run', file, '--follow', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ type: 'run-completed', result: { status: 'completed' } });
  });

  it('fails with 1 when the run does, and says why', async () => {
    const file = await saved('refused', [ask('one', 'refused')]);
    for (const options of [[], ['--follow']]) {
      const run = await cli(['run', file, ...options]);
      expect(run.exitCode).toBe(1);
      expect(run.stdout).toBe('');
      expect(run.stderr).toMatch(/✗ failed: Provider\.InvalidRequest: /);
    }
  });

  it('leaves the run to itself after --timeout and says how to go on', async () => {
    const file = await saved('slow', [ask('one', 'slow-1')]);
    const run = await cli(['run', file, '--timeout', '3s']);
    expect(run).toMatchObject({ exitCode: 4, stdout: '' });
    const id = idOf(run.stderr);
    expect(run.stderr).toContain(`orchestrator logs ${id} --follow`);
    const logs = await cli(['logs', id, '--follow']);
    expect(logs.exitCode).toBe(0);
    expect(logs.stdout).toMatch(/✓ completed\n$/);
  });

  it('leaves the run to itself after Ctrl-C, and logs go on where it was', async () => {
    const file = await saved('interrupted', [ask('one', 'drip-2'), ask('two', 'slow-2'), ask('three', 'plain-3')]);
    const following = start('run', file, '--follow');
    await following.said('✓ one');
    following.interrupt();
    const run = await following.result;
    expect(run).toMatchObject({ exitCode: 130, stdout: '' });
    const [, id = '', from = ''] = /orchestrator logs (\S+) --follow --from (\S+)/.exec(run.stderr) ?? [];
    const logs = await cli(['logs', id, '--follow', '--from', from, '--json']);
    expect(logs.exitCode).toBe(0);
    const events = logs.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    expect(events.every(({ seq }) => seq > Number(from.split('-')[1]))).toBe(true);
    expect(events.filter(({ type }) => type === 'step-completed').map((event) => 'stepId' in event && event.stepId)).toEqual([
      'two',
      'three',
    ]);
    expect(callsOf(installation.upstream, 'drip-2')).toHaveLength(1);
  });

  it('prints the id only with --detach; a key makes it one run', async () => {
    const file = await saved('detached', [ask('one', 'plain-4')]);
    const detach = () => cli(['run', file, '--detach', '--idempotency-key', 'nightly-1', '--tag', 'nightly', '--tag', 'cli']);
    const [first, second] = [await detach(), await detach()];
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toBe(`${idOf(first.stdout)}\n`);
    expect(second.stdout).toBe(first.stdout);
    const tagged = await cli(['runs', 'list', '--tag', 'nightly', '--json']);
    expect(JSON.parse(tagged.stdout)).toMatchObject([{ jobId: idOf(first.stdout), tags: ['nightly', 'cli'] }]);
  });

  it('follows across a killed API', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const api = () =>
      spawnNode({ entry: 'apps/api/src/main.ts', env: { PORT: String(port), SUPABASE_DB_URL: installation.databaseUrl } });
    const first = api();
    const url = `http://127.0.0.1:${port}`;
    await first.waitForHttp(`${url}/readyz`);
    const file = await saved('restarted', [ask('one', 'plain-5'), ask('two', 'slow-5'), ask('three', 'plain-6')]);
    const following = startCli(['run', file, '--follow', '--url', url]);
    await following.said('✓ one');
    await first.kill('SIGKILL');
    await following.said('the connection was lost');
    const second = api();
    const run = await following.result;
    await second.kill();
    expect(run.exitCode).toBe(0);
    expect(run.stderr.match(/✓ (one|two|three) /g)).toEqual(['✓ one ', '✓ two ', '✓ three ']);
  });
});

describe('generate', () => {
  it('prints the answer, and who gave it beside it', async () => {
    const answer = await cli(['generate', '[[plain]] Hello', '--max-tokens', '50']);
    expect(answer.exitCode).toBe(0);
    expect(answer.stdout).toMatch(/^\[\[plain\]\] Scripted answer.*\n$/s);
    expect(answer.stderr).toMatch(/^openai\/gpt-4o-mini · \d+ tokens · \$0\.0\d+ · /);
    const piped = await cli(['generate', '-', '--json', '-q', '--max-tokens', '50'], { input: '[[piped]] From standard input' });
    expect(JSON.parse(piped.stdout)).toMatchObject({ success: true, provider: 'openai' });
    expect(piped.stderr).toBe('');
  });

  it('writes a stream when it is complete, unless somebody watches', async () => {
    // The first call breaks off in the middle of its answer; nothing of that may be in the output.
    const piped = await cli(['generate', '[[cut-2]] Hello', '--stream', '--max-tokens', '150']);
    expect(piped.exitCode).toBe(0);
    const job = await installation.api.job((await lastJob()).jobId);
    expect(job.steps[0]?.attempts.length).toBe(2);
    expect(piped.stdout).toBe(`${job.result?.content}\n`);
    const shown = await shell(
      `script -qec "$0 generate '[[drip-3]] Hello' --stream --max-tokens 150" /dev/null`.replace('$0', cliWords()),
    );
    expect(shown.stdout.replaceAll('\r', '')).toContain(content);
  });

  async function lastJob(): Promise<JobView> {
    const { runs } = (await installation.api.get('/api/workflows/runs?limit=1')).body as { readonly runs: readonly JobView[] };
    const [job] = runs;
    if (job === undefined) throw new Error('there is no run');
    return job;
  }

  it('shows no escape sequence of a model on a terminal, and keeps the text as it is in a file', async () => {
    const piped = await cli(['generate', '[[evil-1]]', '--max-tokens', '50', '-q']);
    expect(piped.stdout).toContain('\u001b[2J');
    const shown = await shell(`script -qec "${cliWords()} generate '[[evil-2]]' --max-tokens 50 -q --no-color" /dev/null`);
    expect(shown.stdout).toContain('before  after');
    expect(shown.stdout).not.toContain('owned');
  });

  it('fails with 1 and the reason', async () => {
    const refused = await cli(['generate', '[[refused]]', '--max-tokens', '50']);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^✗ /) });
    const unknown = await cli(['generate', 'Hi', '--provider', 'opnai']);
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Did you mean "openai"?') });
  });
});

/** The words that call the command line, for `script`, which takes one command. */
function cliWords(): string {
  return [process.execPath, '--conditions=@orchestrator/source', join(repositoryRoot, 'apps/cli/src/main.ts')].join(' ');
}

describe('looking', () => {
  let job: JobView;
  beforeAll(async () => {
    const { api } = installation;
    const submitted = await api.submit(workflow([ask('only', 'plain-7')], { name: 'looked-at' }), { userId: 'cli-looker' });
    job = await api.finished(submitted);
  });

  it('lists, shows and cancels runs', async () => {
    const list = await cli(['runs', 'list', '--user', 'cli-looker']);
    expect(list.exitCode).toBe(0);
    const [titles, row, ...others] = list.stdout.trimEnd().split('\n');
    expect(titles).toMatch(/^RUN +STATUS +WORKFLOW +STEPS +COST +TOOK +ACCEPTED$/);
    expect(row).toMatch(new RegExp(`^${job.jobId} {2}completed {2}looked-at +1 {2}\\$0\\.0`));
    expect(others).toEqual([]);
    expect(JSON.parse((await cli(['runs', 'list', '--user', 'cli-looker', '--json'])).stdout)).toMatchObject([
      { jobId: job.jobId },
    ]);
    expect(await cli(['runs', 'list', '--user', 'nobody'])).toEqual({ exitCode: 0, stdout: '', stderr: 'No runs.\n' });
    const shown = await cli(['runs', 'get', job.jobId]);
    expect(shown.stdout).toMatch(/^run +[0-9a-f-]{36}\nworkflow +looked-at v1\nstatus +completed\nuser +cli-looker\n/);
    expect(shown.stdout).toMatch(/\n {2}only {2}completed {2}openai\/gpt-4o-mini · \d+ tokens/);
    expect(JSON.parse((await cli(['runs', 'get', job.jobId, '--json'])).stdout)).toEqual(await installation.api.job(job.jobId));
    expect((await cli(['runs', 'cancel', job.jobId])).stdout).toBe(`${job.jobId} had completed before\n`);
    const slow = await installation.api.submit(workflow([ask('only', 'slow-8')]));
    expect((await cli(['runs', 'cancel', slow])).stdout).toBe(`cancelling ${slow}\n`);
    const ended = await cli(['logs', slow, '--follow']);
    expect(ended).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/– cancelled\n$/) });
    const events = (await cli(['logs', slow, '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    const last = events.at(-1);
    expect(await cli(['logs', slow, '--follow', '--from', `${last?.epoch}-${last?.seq}`])).toMatchObject({
      exitCode: 1,
      stdout: '',
    });
  });

  it('prints what happened, to a reader who stops early too', async () => {
    const logs = await cli(['logs', job.jobId]);
    expect(logs.exitCode).toBe(0);
    expect(logs.stdout).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}· looked-at accepted\n/);
    expect(logs.stdout).toMatch(/✓ only {2}openai\/gpt-4o-mini/);
    const unfinished = await installation.api.submit(workflow([{ id: 'nap', action: 'delay', delayMs: 600_000 }]));
    const sofar = await cli(['logs', unfinished]);
    expect(sofar).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`orchestrator logs ${unfinished} --follow`) });
    await installation.api.cancel(unfinished);
    const head = await shell(`orchestrator logs ${job.jobId} --json --tokens | head -1; echo "\${PIPESTATUS[0]}"`);
    expect(head).toMatchObject({ exitCode: 0, stderr: '' });
    const [event = '', status] = head.stdout.split('\n');
    expect(JSON.parse(event)).toMatchObject({ type: 'run-accepted', jobId: job.jobId });
    expect(status).toBe('0');
  });

  it('has colours on a terminal only, and none with NO_COLOR', async () => {
    const command = `script -qec "${cliWords()} runs get ${job.jobId} $1" /dev/null`;
    const coloured = await shell(command.replace('$1', ''));
    expect(coloured.stdout).toMatch(colour);
    expect((await shell(command.replace('$1', ''), { NO_COLOR: '1' })).stdout).not.toMatch(colour);
    expect((await shell(command.replace('$1', '--no-color'))).stdout).not.toMatch(colour);
    expect((await cli(['runs', 'get', job.jobId])).stdout).not.toMatch(colour);
  });

  it('draws progress on a terminal, and leaves lines that can be read', async () => {
    const file = await saved('drawn', [ask('one', 'drip-9')]);
    const drawn = await shell(`script -qec "${cliWords()} run ${file} --follow" /dev/null`);
    expect(drawn.stdout).toContain('\u001b[?25l');
    expect(drawn.stdout).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(drawn.stdout).toContain('│ A long answer');
    expect(drawn.stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(drawn.stdout.lastIndexOf('\u001b[?25l'));
  });

  it('lists providers and models', async () => {
    expect((await cli(['providers'])).stdout).toMatch(/\n✓ openai +gpt-/);
    expect((await cli(['models', '--provider', 'openai', '--capability', 'vision'])).stdout).toMatch(
      /^PROVIDER .*\nopenai +gpt-/,
    );
  });
});

describe('operating', () => {
  it('saves, checks, lists and prints workflows', async () => {
    const file = await saved('pushed', [ask('only', 'plain-10')], { version: 3 });
    const pushed = await cli(['workflows', 'push', file]);
    expect(pushed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36} {2}created {2}pushed v3\n$/) });
    expect((await cli(['workflows', 'push', file])).stdout).toContain('unchanged');
    expect((await cli(['workflows', 'list'])).stdout).toMatch(/\n[0-9a-f-]{36} {2}pushed +3 {2}active/);
    expect(JSON.parse((await cli(['workflows', 'get', 'pushed'])).stdout)).toMatchObject({ name: 'pushed', version: 3 });
    expect(await cli(['workflows', 'get', 'pushed@4'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await cli(['run', idOf(pushed.stdout)])).exitCode).toBe(0);
    expect(await cli(['workflows', 'validate', file])).toMatchObject({ exitCode: 0, stdout: `✓ ${file} can run\n` });
    const broken = await saved('broken', [{ id: 'a', action: 'generat', input: { prompt: 'x' } }]);
    const refused = await cli(['workflows', 'validate', broken]);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('/workflow/steps/0/action') });
  });

  it('approves and rejects', async () => {
    const dear = (marker: string) => ({ prompt: `[[${marker}]]`, provider: 'openai', model: 'gpt-4o-mini', maxTokens: 1_000 });
    const { api } = installation;
    const [approved, rejected] = [await api.submitGenerate(dear('dear-1')), await api.submitGenerate(dear('dear-2'))];
    const approvalOf = async (jobId: string) =>
      (await api.jobWhen(jobId, ({ status }) => status === 'waiting_approval')).approval?.id ?? '';
    const [yes, no] = [await approvalOf(approved), await approvalOf(rejected)];
    const list = await cli(['approvals', 'list']);
    for (const id of [yes, no]) expect(list.stdout).toContain(`${id}  pending`);
    expect(await cli(['approvals', 'approve', yes, '--by', 'Ada', '--note', 'fine'])).toMatchObject({
      exitCode: 0,
      stdout: `approved generate of run ${approved}\n`,
    });
    expect((await cli(['approvals', 'reject', no])).exitCode).toBe(0);
    expect(await api.finished(approved)).toMatchObject({ status: 'completed' });
    expect(await api.finished(rejected)).toMatchObject({ status: 'failed', error: { name: 'Approval.Rejected' } });
    expect(await cli(['approvals', 'approve', yes])).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^✗ /) });
    expect(JSON.parse((await cli(['approvals', 'list', '--all', '--run', approved, '--json'])).stdout)).toMatchObject([
      { id: yes, status: 'approved', decidedBy: 'Ada', note: 'fine' },
    ]);
  });

  it('creates, lists and deletes webhooks', async () => {
    const created = await cli([
      'webhooks',
      'create',
      'https://receiver.example/hooks',
      '--event',
      'run.failed',
      '--description',
      'billing',
    ]);
    expect(created).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36} {2}whsec_\S+\n$/) });
    const id = idOf(created.stdout);
    expect((await cli(['webhooks', 'list'])).stdout).toMatch(
      new RegExp(`\\n${id} {2}enabled +run\\.failed +https://receiver\\.example/hooks +billing`),
    );
    expect(await cli(['webhooks', 'deliveries', id])).toEqual({ exitCode: 0, stdout: '', stderr: 'Nothing was delivered.\n' });
    expect(await cli(['webhooks', 'replay', id])).toMatchObject({ exitCode: 2 });
    const range = ['--from', '2026-12-01T00:00:00Z', '--to', '2026-12-02T00:00:00Z'];
    expect((await cli(['webhooks', 'replay', id, ...range])).stdout).toBe('0 deliveries on the way again\n');
    expect((await cli(['webhooks', 'delete', id])).stdout).toBe(`deleted ${id}\n`);
  });
});

describe('being called', () => {
  it('answers wrong usage with 2', async () => {
    const unknown = await cli(['rns', 'list']);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('Did you mean runs?') });
    for (const wrong of [
      [],
      ['run'],
      ['run', '/no/such/file.json'],
      ['runs', 'list', '--limit', '0'],
      ['runs', 'list', '--kind', 'odd'],
      ['generate', 'Hi', '--timeout', 'soon'],
      ['generate', ' '],
      ['providers', '--url', 'localhost:3000'],
    ]) {
      expect(await cli(wrong), wrong.join(' ')).toMatchObject({ exitCode: 2, stdout: '' });
    }
    expect(await cli(['providers'], { env: { ORCHESTRATOR_URL: 'nowhere' } })).toMatchObject({ exitCode: 2 });
  });

  it('tells what it can on standard output, with 0', async () => {
    const help = await cli(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^Usage: orchestrator /) });
    expect((await cli(['approvals', 'approve', '--help'])).stdout).toMatch(/Global Options:[\s\S]*Examples:/);
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('answers 401 and 403 with 3, and no server with 1 and what to do', async () => {
    const guard = createServer((_, response) => void response.writeHead(401).end());
    await new Promise<void>((resolve) => guard.listen(0, '127.0.0.1', resolve));
    const address = guard.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await cli(['providers', '--url', `http://127.0.0.1:${port}`])).toMatchObject({ exitCode: 3, stdout: '' });
    guard.close();
    const nobody = await cli(['providers', '--url', `http://127.0.0.1:${await freePort()}`, '--timeout', '1s']);
    expect(nobody).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('npm start') });
  });

  it('completes commands and values in bash', async () => {
    const complete = (...words: readonly string[]) =>
      `COMP_WORDS=(orchestrator ${words.join(' ')}); COMP_CWORD=${words.length}; _orchestrator; echo "\${COMPREPLY[*]}"`;
    const { exitCode, stdout, stderr } = await shell(
      [
        'source <(orchestrator completion bash)',
        complete('app'),
        complete('runs', 'li'),
        complete('runs', 'list', '--ki'),
        complete('runs', 'list', '--kind', 'w'),
        complete('--json', 'completion', 'z'),
        complete('webhooks', "''"),
      ].join('\n'),
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual(['approvals', 'list', '--kind', 'workflow', 'zsh']);
    expect(lines[5]).toMatch(/^list create delete deliveries replay --/);
  });
});

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { watchLauncher } from './launcher.mjs';

/**
 * @typedef {import('./commands.mjs').Step} Step
 * @typedef {{ root: string, node?: import('./node.mjs').NodeChoice, progress: import('./progress.mjs').Progress }} RunContext
 */

const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);
const maxKeptOutput = 200_000;

/** @param {Step} step @param {RunContext} context */
function environmentOf(step, { root, node }) {
  const folders = [...(node === undefined ? [] : [dirname(node.path)]), join(root, 'node_modules/.bin')];
  const path = [...folders, process.env.PATH ?? ''].join(delimiter);
  return { ...process.env, ...step.env, PATH: path };
}

/**
 * Waits for the end of a process, passes our signals on to it, and answers its exit code as a shell would.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCodeOf(child) {
  const forward = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal);
  for (const signal of forwarded) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const name of forwarded) process.off(name, forward);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * Runs a step with its output kept back; shows the end of it when it fails.
 * @param {Step} step
 * @param {RunContext} context
 */
export async function runQuietly(step, context) {
  const finish = context.progress.start(step.title ?? step.command);
  const child = spawn(step.command, step.args, {
    cwd: context.root,
    env: environmentOf(step, context),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: step.command.endsWith('.cmd'),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-maxKeptOutput);
    });
  }
  const exitCode = await exitCodeOf(child);
  finish(exitCode === 0 ? 'done' : 'failed');
  if (exitCode !== 0) throw Object.assign(new Error(output.trimEnd()), { isExpected: true, exitCode });
}

/**
 * Runs a step that owns the terminal. The IPC channel of a linked one carries nothing: its end says that we were killed.
 * @param {Step} step
 * @param {RunContext} context
 */
function runInForeground(step, context) {
  const child = spawn(step.command, step.args, {
    cwd: context.root,
    env: environmentOf(step, context),
    stdio: ['inherit', 'inherit', 'inherit', ...(step.isLinked === true ? /** @type {const} */ (['ipc']) : [])],
    shell: step.command.endsWith('.cmd'),
  });
  if (step.isLinked === true) watchLauncher(() => child.kill('SIGTERM'));
  return exitCodeOf(child);
}

/**
 * Runs the steps of a command one after the other until one fails.
 * @param {Step[]} steps
 * @param {RunContext} context
 * @returns {Promise<number>} the exit code
 */
export async function runSteps(steps, context) {
  for (const step of steps) {
    if (step.title !== undefined) {
      await runQuietly(step, context);
      continue;
    }
    const exitCode = await runInForeground(step, context);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

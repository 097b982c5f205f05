#!/usr/bin/env node
// Starts the built command line from a checkout, on any Node ≥ 20: it must import only Node's own modules and the bootstrap's.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseNode } from '../../../scripts/bootstrap/node.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/**
 * Builds what a checkout has not built yet; all that is said goes to standard error, as standard output is for data.
 * @param {string} node
 */
function build(node) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  process.stderr.write('The command line is not built yet: building it once.\n');
  const { status } = existsSync(compiler) ? spawnSync(node, [compiler, '-b', root], { stdio: ['ignore', 2, 2] }) : { status: 1 };
  if (status === 0 && existsSync(program)) return;
  process.stderr.write('It could not be built here: run `npm run build` in the repository.\n');
  process.exit(1);
}

/** @param {string} node */
function runWith(node) {
  const child = spawn(node, ['--enable-source-maps', program, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; whoever signals us alone means the command. It decides how it ends, and we end like it.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
}

const node = chooseNode(root);
if (!existsSync(program)) build(node.path);
if (node.path === process.execPath) await import(pathToFileURL(program).href);
else runWith(node.path);

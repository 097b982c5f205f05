#!/usr/bin/env node
import { dirname } from 'node:path';
// The one entry of every npm script. Runs on any Node ≥ 20 with nothing installed: it must import only Node's own modules
// and the files beside it.
import { fileURLToPath } from 'node:url';
import { commands, stepsOf } from './bootstrap/commands.mjs';
import { ensureInstalled } from './bootstrap/install.mjs';
import { chooseNode } from './bootstrap/node.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { runSteps } from './bootstrap/run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = '', ...commandArguments] = process.argv.slice(2);

async function main() {
  if (!Object.hasOwn(commands, command)) {
    process.stderr.write(`Usage: node scripts/bootstrap.mjs <command> [arguments]\n\n`);
    for (const [name, { summary }] of Object.entries(commands)) process.stderr.write(`  ${name.padEnd(19)}${summary}\n`);
    return 2;
  }
  const progress = createProgress(process.stderr);
  await ensureInstalled({ root, progress });
  const node = chooseNode(root);
  return await runSteps(stepsOf(command, { root, node, commandArguments }), { root, node, progress });
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error) => {
    process.stderr.write(`\n${error.isExpected ? error.message : error.stack}\n`);
    // Who counts tests by the last line must not take "none ran" for success.
    if (command === 'test') process.stdout.write('0 passed, 1 failed\n');
    process.exit(1);
  },
);

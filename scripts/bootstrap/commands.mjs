import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, pnpmPackage } from './npm.mjs';

/**
 * @typedef {{ title?: string, command: string, args: string[], env?: Record<string, string>, isLinked?: boolean }} Step
 *   A process to run to its end. With a title it runs quietly and its output is shown when it fails; without one it
 *   takes over the terminal. A linked one learns by the end of its IPC channel that we were killed.
 * @typedef {{ root: string, node: import('./node.mjs').NodeChoice, commandArguments: string[] }} Context
 */

/** @param {Context} context @returns {Step} */
const build = ({ root, node }) => ({
  title: 'Building',
  command: node.path,
  args: [join(root, 'node_modules/typescript/bin/tsc'), '-b'],
});

/** Runs a TypeScript file as it is, against the sources of all packages. */
const script = (/** @type {Context} */ context, /** @type {string} */ file) => {
  if (!existsSync(join(context.root, file))) throw Object.assign(new Error(`${file} does not exist.`), { isExpected: true });
  return {
    command: context.node.path,
    args: [
      ...context.node.typeScriptFlags,
      '--conditions=@orchestrator/source',
      join(context.root, file),
      ...context.commandArguments,
    ],
  };
};

/** @type {Record<string, { summary: string, steps: (context: Context) => Step[] }>} */
export const commands = {
  start: {
    summary: 'builds and runs the whole system on this machine',
    steps: (context) => [
      build(context),
      {
        isLinked: true,
        command: context.node.path,
        args: [
          '--disallow-code-generation-from-strings',
          join(context.root, 'apps/supervisor/dist/main.js'),
          ...context.commandArguments,
        ],
      },
    ],
  },
  test: {
    summary: 'runs every test, or those whose path contains an argument',
    steps: (context) => [
      build(context),
      {
        command: context.node.path,
        args: [
          join(context.root, 'node_modules/vitest/vitest.mjs'),
          'run',
          '--reporter=default',
          '--reporter=./test/support/reporter.ts',
          ...context.commandArguments,
        ],
      },
    ],
  },
  check: {
    summary: 'formatting, lint, types, dead code, layers, generated files',
    steps: ({ root, node, commandArguments }) => {
      // turbo runs its tasks through pnpm, which need not be installed: npm brings it.
      const npm = npmCommand();
      return [
        {
          command: npm.command,
          args: [
            ...npm.args,
            'exec',
            '--yes',
            `--package=${pnpmPackage}`,
            '--',
            node.path,
            join(root, 'node_modules/turbo/bin/turbo'),
            'run',
            'check:lint',
            'check:types',
            'check:tests',
            'check:dead-code',
            'check:layers',
            'check:generated',
            '--output-logs=errors-only',
            '--continue',
            ...commandArguments,
          ],
          env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1', npm_config_loglevel: 'error' },
        },
      ];
    },
  },
  build: { summary: 'compiles every package', steps: (context) => [build(context)] },
  generate: { summary: 'writes the generated files again', steps: (context) => [script(context, 'scripts/generate.ts')] },
  migrate: {
    summary: 'brings the database of SUPABASE_DB_URL up to date',
    steps: (context) => [
      build(context),
      { command: context.node.path, args: [join(context.root, 'apps/supervisor/dist/migrate.js'), ...context.commandArguments] },
    ],
  },
  simulate: {
    summary: 'drives the step machine through random histories (--seeds N --seed S)',
    steps: (context) => [script(context, 'packages/workflow/src/simulation/main.ts')],
  },
  chaos: {
    summary: 'kills, freezes and restarts everything under load',
    steps: (context) => [build(context), script(context, 'test/chaos/main.ts')],
  },
  bench: {
    summary: 'measures: npm run bench -- durable|router|lists|streams',
    steps: (context) => [build(context), script(context, 'test/bench/main.ts')],
  },
  failover: {
    summary: 'drives the router through 16 faults of a provider (--primary id)',
    steps: (context) => [script(context, 'test/failover/main.ts')],
  },
  'test:live': {
    summary: 'calls the real vendors whose keys are set, in the environment or in .env',
    steps: (context) => {
      const { args, ...step } = script(context, 'test/live/main.ts');
      return [{ ...step, args: [`--env-file-if-exists=${join(context.root, '.env')}`, ...args] }];
    },
  },
  'test:orchestrator': {
    summary: 'acceptance run against the running system (--url), or one of its own',
    steps: (context) => [script(context, 'test/acceptance/main.ts')],
  },
  doctor: {
    summary: 'checks configuration, connections, providers and models',
    steps: (context) => {
      const { args, ...step } = script(context, 'apps/cli/src/main.ts');
      return [
        {
          ...step,
          args: [...args.slice(0, args.length - context.commandArguments.length), 'doctor', ...context.commandArguments],
        },
      ];
    },
  },
};

/**
 * The processes behind a command, in order.
 * @param {string} name
 * @param {Context} context
 */
export function stepsOf(name, context) {
  const command = commands[name];
  if (command === undefined) throw new Error(`unknown command ${name}`);
  return command.steps(context);
}

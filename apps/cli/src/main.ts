import { program } from 'commander';
import { runDoctor } from './doctor/run-doctor.ts';

program.name('orchestrator').description('Durable, budgeted, explainable LLM calls and workflows.');

program
  .command('doctor')
  .description('Checks configuration, connections, providers and models, with the fix for each finding.')
  .option('--json', 'print the findings as JSON')
  .addHelpText('after', '\nExit codes: 0 nothing keeps the system from working, 1 something does, 2 wrong usage.')
  .action(async (options: { readonly json?: boolean }) => {
    const exitCode = await runDoctor({ json: options.json === true });
    // A connection that never answers must not keep the process.
    process.stdout.write('', () => process.exit(exitCode));
  });

// Wrong usage is 2; help and version stay 0.
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
for (const command of program.commands) command.copyInheritedSettings(program);

await program.parseAsync();

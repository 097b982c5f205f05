import { exitCodes } from '../session/exit-code.ts';
import { type AddCommands, examples } from './command.ts';

export const addDoctor: AddCommands = (program, runWith) => {
  program
    .command('doctor')
    .summary('check this installation')
    .description(
      'Checks configuration, connections, clocks, providers and models, with the fix for each finding. Exit codes: 0 nothing keeps the system from working, 1 something does.',
    )
    .addHelpText('after', examples('orchestrator doctor', 'orchestrator doctor --json'))
    .action(
      runWith(async (session) => {
        // It brings every SDK and database driver, which would make all other commands start slowly.
        const { runDoctor } = await import('../doctor/run-doctor.ts');
        const isSound = await runDoctor(session);
        session.exitCode = isSound ? exitCodes.ok : exitCodes.failed;
      }),
    );
};

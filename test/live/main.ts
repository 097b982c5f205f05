import { providers } from '@orchestrator/adapters';
import { keyVariable, runProvider } from './run-provider.ts';

// npm run test:live: calls the vendors whose keys are in the environment; a few cents at most.

const print = (line: string) => void process.stdout.write(`${line}\n`);

const outcomes = await Promise.all(providers.map((provider) => runProvider(provider, process.env)));
const count = (state: (typeof outcomes)[number]['state']) => outcomes.filter((each) => each.state === state).length;
if (count('not-run') === outcomes.length) {
  print(`No keys: nothing was run. Set one or more of ${providers.map(({ id }) => keyVariable(id)).join(', ')}.`);
} else {
  for (const { line } of outcomes) print(line);
  print(`\n${count('passed')} passed, ${count('failed')} failed, ${count('not-run')} not run`);
}
process.exitCode = count('failed') === 0 ? 0 : 1;

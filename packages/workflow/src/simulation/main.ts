import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, seed: { type: 'string' } } });
const isSingle = values.seed !== undefined && process.argv.every((argument) => !argument.startsWith('--seeds'));
const first = Number(values.seed ?? 1);
const count = isSingle ? 1 : Number(values.seeds);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write('usage: simulate [--seeds N] [--seed S]   N worlds from seed S on; --seed alone plays that one\n');
  process.exit(2);
}

const startedAt = performance.now();
let runs = 0;
let calls = 0;
let crashes = 0;
let stops = 0;
let takeovers = 0;
let fallbacks = 0;
let asked = 0;
let decided = 0;
const broken: number[] = [];
for (let seed = first; seed < first + count; seed += 1) {
  const result = await simulate(seed);
  runs += result.runs;
  calls += result.calls;
  crashes += result.crashes;
  stops += result.stops;
  takeovers += result.takeovers;
  fallbacks += result.fallbacks;
  asked += result.approvals.asked;
  decided += result.approvals.decided;
  if (result.violations.length === 0) continue;
  broken.push(seed);
  process.stdout.write(
    `seed ${seed}: ${result.violations.length} violations\n${result.violations
      .slice(0, 5)
      .map((sentence) => `  ${sentence}\n`)
      .join('')}`,
  );
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(
  `${count} worlds, ${runs} runs, ${calls} vendor calls (${fallbacks} fallbacks), ${asked} approvals asked and ${decided} decided, ${crashes} crashes, ${stops} shutdowns, ${takeovers} takeovers in ${seconds} s: ${broken.length === 0 ? '0 violations' : `violations in seeds ${broken.slice(0, 20).join(', ')}; repeat with --seed <n>`}\n`,
);
process.exitCode = broken.length === 0 ? 0 : 1;

import { parseArgs } from 'node:util';
import { providerIds } from '@orchestrator/adapters';
import { runFault } from './drive.ts';
import { faults } from './faults.ts';
import { countVerdicts, type FailoverRow, tableOf } from './table.ts';

// npm run failover [-- --primary openai]

const print = (line: string) => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { primary: { type: 'string', default: providerIds[0] ?? '' } } });
if (providerIds.includes(values.primary)) {
  const rows: FailoverRow[] = [];
  for (const fault of faults) rows.push({ fault, runs: await runFault(fault, values.primary) });
  for (const line of tableOf(rows)) print(line);
  const { PASS, SAFE, FAIL } = countVerdicts(rows);
  print(`\n${faults.length} faults of ${values.primary}: ${PASS} PASS, ${SAFE} SAFE, ${FAIL} FAIL`);
  process.exitCode = FAIL === 0 ? 0 : 1;
} else {
  print(`--primary is one of ${providerIds.join(', ')}`);
  process.exitCode = 2;
}

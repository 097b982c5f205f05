import { parseArgs } from 'node:util';
import { startUpstream } from './upstream.ts';

// node --conditions=@orchestrator/source test/support/upstream/main.ts --port 0 [--script '{"latencyMs":50}']
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, script: { type: 'string', default: '{}' } } });
const upstream = await startUpstream({ port: Number(values.port), script: JSON.parse(values.script) });
console.log(JSON.stringify({ port: upstream.port }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void upstream.close());

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** The packages among `names` that are loaded after a script that imports the telemetry package. */
async function loadedAfter(script: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const telemetry = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    ${script}
    const names = ['@opentelemetry/api', '@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-proto', 'prom-client'];
    console.log(JSON.stringify(names.filter((name) => loaded.some((url) => url.includes('/node_modules/' + name + '/')))));
    process.exit(0);
  `;
  const flags = ['--conditions=@orchestrator/source', '--disallow-code-generation-from-strings', '--input-type=module'];
  const { stdout } = await run(process.execPath, [...flags, '-e', program]);
  return JSON.parse(stdout) as string[];
}

it('loads nothing of OpenTelemetry and Prometheus until it is asked to', async () => {
  expect(await loadedAfter('telemetry.parseTraceparent(undefined);')).toEqual([]);
});

it('loads only what is asked for', async () => {
  expect(await loadedAfter('await telemetry.openMetrics();')).toEqual(['@opentelemetry/api', 'prom-client']);
});

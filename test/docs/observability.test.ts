import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traceWhen, tracingVariables, treeOf } from '../e2e/support/traces.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { scrape } from '../support/prometheus.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { fencedBlocks, namesInTables } from './markdown.ts';
import { runPage } from './run-page.ts';
import { type DocumentedSystem, startSystem } from './system.ts';

failOnLeakedProcesses();

const page = 'docs/observability.md';

describe(page, () => {
  let receiver: OtlpReceiver;
  let system: DocumentedSystem;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    system = await startSystem(await makeScratchFolder('observability'), tracingVariables(receiver));
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await receiver?.close();
  });

  it('shows the trace of its request', { timeout: 60_000 }, async () => {
    expect(await runPage(page, system, 'traced')).toBe(1);
    const documented = fencedBlocks(page).find(({ role }) => role === 'tree');
    const spans = await traceWhen(receiver, '4bf92f3577b34da6a3ce929d0e0e4736', (all) =>
      ['run', 'POST /api/workflows/run'].every((name) => all.some((span) => span.name === name)),
    );
    expect(treeOf(spans, '00f067aa0ba902b7').join('\n')).toBe(documented?.text);
  });

  it('lists every metric there is', async () => {
    const origins = ['http://127.0.0.1:9464', 'http://127.0.0.1:9465'].map((origin) => system.replacements[origin]);
    const scrapes = await Promise.all(origins.map((origin) => scrape(`${origin}/metrics`)));
    const served = new Set(scrapes.flatMap(({ names }) => names.filter((name) => name.startsWith('orchestrator_'))));
    const documented = [...namesInTables(page)].filter((name) => name.startsWith('orchestrator_'));
    expect(documented.sort()).toEqual([...served].sort());
  });
});

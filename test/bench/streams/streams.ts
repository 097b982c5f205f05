import type { Benchmark, BenchmarkOptions, BenchmarkResult } from '../benchmark.ts';
import { startServers } from '../durable/servers.ts';
import { type Child, startChild } from '../processes/child.ts';
import { record, type Samples } from '../samples.ts';
import { createSdkCall, createStreamCall, measureFirstToken } from './first-token.ts';
import { measureIdleStreams } from './idle-streams.ts';
import { type Backend, backends, type Installation, startInstallation } from './installation.ts';
import { judge, renderReport } from './report.ts';
import { audiences, measureThroughput } from './throughput.ts';

const warmUpMs = 2_000;

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}

async function run({ rounds, seconds, fromSource, progress }: BenchmarkOptions): Promise<BenchmarkResult> {
  const children: Child[] = [];
  const servers = await startServers();
  try {
    const upstream = await startChild({ name: 'upstream', entry: 'test/bench/upstream/main.ts' });
    children.push(upstream);
    const upstreamUrl = `http://127.0.0.1:${upstream.ready.port}/v1`;
    const options = { servers, fromSource, upstreamUrl, onStarted: (child: Child) => void children.push(child) };
    const samples: Samples = {};

    const installations: Partial<Record<Backend, Installation>> = {};
    const redis = await startInstallation('redis', options);
    installations.redis = redis;
    progress('idle streams');
    // First of all: what a process that has worked hard keeps is not theirs.
    record(samples, prefixed('idle', await measureIdleStreams(redis)));
    installations.postgres = await startInstallation('postgres', options);

    const callers = {
      sdk: createSdkCall(upstreamUrl),
      redis: createStreamCall(redis),
      postgres: createStreamCall(installations.postgres),
    };
    progress('warm-up');
    await measureFirstToken(callers, warmUpMs);
    for (const backend of backends) await installations[backend]?.database.query('analyze');
    for (let round = 1; round <= rounds; round += 1) {
      await servers.quiet();
      record(samples, await measureFirstToken(callers, seconds * 1_000));
      for (const backend of backends) {
        const installation = installations[backend];
        if (installation === undefined) continue;
        for (const [name, audience] of Object.entries(audiences)) {
          record(samples, prefixed(`${backend}.${name}`, await measureThroughput(installation, audience, seconds * 1_000)));
        }
      }
      progress(`round ${round} of ${rounds}`);
    }
    const goals = judge(samples);
    const notes = ['The vendor sends its first token at once. Client, vendor, API, worker and servers share the cores.'];
    return { text: renderReport(samples, goals), samples, goals, notes };
  } finally {
    await Promise.all(children.toReversed().map((child) => child.stop()));
    await servers.dispose();
  }
}

export const streams: Benchmark = {
  name: 'streams',
  summary: 'time to the first token, events per second and idle streams of an API process',
  run,
};

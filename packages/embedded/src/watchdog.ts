/*
 * A process of its own that outlives its parent by a few seconds. Its standard input is a pipe from the parent; the parent
 * never writes more than one word per phase, and the kernel closes the pipe when the parent dies, however it dies.
 *
 *   launching ──► serving ──► released          (words written by the parent)
 *       │            │            └─ end of input: nothing to do
 *       │            └─ end of input: release the parent's hold, stop the server if it was the last
 *       └─ end of input: the same, but wait for a server that pg_ctl is just starting
 *
 * It imports nothing outside this folder, so that it starts fast and with no loader flags.
 */
import { clusterPaths } from './cluster-paths.ts';
import { releaseServer } from './release-server.ts';

/** A server shows its `postmaster.pid` within milliseconds of its launch; seconds allow for a loaded machine. */
const launchShowsWithinMs = 5_000;

const [dataDir = '', root = '', token = '', binDirectory = ''] = process.argv.slice(2);

// A service manager may signal the whole group at once: the parent decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let received = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) received += chunk;

const phase = received.trimEnd().split('\n').at(-1);
if (phase !== 'released') {
  const appearWithinMs = phase === 'launching' ? launchShowsWithinMs : 0;
  const release = await releaseServer({ paths: clusterPaths(dataDir, root), token, binDirectory, appearWithinMs });
  process.exitCode = release === 'still-running' ? 1 : 0;
}

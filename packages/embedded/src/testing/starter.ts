/* A supervisor in miniature: starts the server of the folder given, reports it as one JSON line, stops it on SIGTERM. */
import { startEmbeddedPostgres } from '../index.ts';

const ignore = () => undefined;
const [dataDir = ''] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({
  dataDir,
  log: { info: ignore, warn: ignore, error: ignore },
  extraSettings: { fsync: 'off' },
});
const keepAlive = setInterval(ignore, 60_000);
process.once('SIGTERM', async () => {
  await postgres.stop();
  clearInterval(keepAlive);
});
const { url, port, pid, adopted } = postgres;
process.stdout.write(`${JSON.stringify({ url, port, pid, adopted })}\n`);

import { startLiteServer } from '../../../packages/store/src/testing/lite-server.ts';
import { serveCommands } from '../processes/serve.ts';

/** A PostgREST that is not ours, in a process of its own. */
const server = await startLiteServer(process.argv[2] ?? '');
serveCommands({ ready: { url: server.url, serviceRoleKey: server.serviceRoleKey }, close: () => server.close() });

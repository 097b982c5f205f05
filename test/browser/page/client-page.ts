import { createClient } from '@orchestrator/client';

/** What the page of the test has: a client of its own origin. */
Object.assign(globalThis, { client: createClient({ baseUrl: '', retryDelayMs: 50 }) });

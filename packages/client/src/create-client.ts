import { createTransport } from './http/transport.ts';
import type { ClientOptions } from './options.ts';
import { type Ai, createAi } from './resources/ai.ts';
import { type Approvals, createApprovals } from './resources/approvals.ts';
import { type Catalogue, createCatalogue } from './resources/catalogue.ts';
import { createRuns, type Runs } from './resources/runs.ts';
import { createWebhooks, type Webhooks } from './resources/webhooks.ts';
import { createWorkflows, type Workflows } from './resources/workflows.ts';

export interface Client extends Ai, Catalogue {
  readonly runs: Runs;
  readonly workflows: Workflows;
  readonly approvals: Approvals;
  readonly webhooks: Webhooks;
}

/**
 * Makes a client of the HTTP API. It holds no connection and needs no closing.
 *
 * Calls are tried again when that can help: no connection, 429 and 503, 502 and 504 that say so. Every POST carries an
 * `Idempotency-Key`, so a retry never starts a second run. All errors are {@link OrchestratorError}s, except the reason of a
 * signal that the caller aborted.
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);
  return {
    ...createAi(transport),
    ...createCatalogue(transport),
    runs: createRuns(transport),
    workflows: createWorkflows(transport),
    approvals: createApprovals(transport),
    webhooks: createWebhooks(transport),
  };
}

import { AppError, type KeyClaim, type StoredReply } from '@orchestrator/contracts';
import type { ApiDeps } from '../ports.ts';
import { canonicalSha256 } from '../runs/canonical-json.ts';
import { tenantId } from '../tenant.ts';
import { keyInUse, keyReused } from './idempotency-key.ts';
import type { Reply } from './reply.ts';

/** Longer than any request takes that starts no run: two calls of the store of 20 s each. */
const lockMs = 60_000;

export interface KeyedRequest {
  readonly key: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly body: unknown;
}

/** Carries a request out once per idempotency key, and repeats its reply. */
export type ReplyKeeper = (request: KeyedRequest, carryOut: () => Promise<Reply> | Reply) => Promise<Reply>;

/**
 * A reply is kept when the request has succeeded. A failed one has changed nothing and gives its key back, so that it can be
 * corrected or repeated. Bodies are sealed: some hold a secret that is shown once.
 */
export function createReplyKeeper(deps: Pick<ApiDeps, 'store' | 'secretBox' | 'newId' | 'log'>): ReplyKeeper {
  const { secretBox } = deps;

  function toReply({ status, headers, body }: StoredReply, owner: string): Reply {
    const text = secretBox.open(body, owner);
    if (text === null) throw new AppError('conflict', 'The request was carried out, but its answer can no longer be read.');
    return { status, headers: { ...headers, 'Idempotency-Replayed': 'true' }, body: JSON.parse(text) };
  }

  /** What could not be settled is settled by the end of its lock. */
  async function settle(claim: KeyClaim & { readonly reply?: StoredReply }): Promise<void> {
    try {
      await deps.store.settleKey(claim);
    } catch (error) {
      deps.log.warn({ err: error }, 'the reply to a request with an idempotency key could not be kept');
    }
  }

  return async ({ key, path, body }, carryOut) => {
    const claim: KeyClaim = { tenantId, key, token: deps.newId() };
    const requestSha256 = canonicalSha256({ path, body });
    const answer = await deps.store.claimKey({ ...claim, requestSha256, lockMs });
    if (answer.status === 'key-reused') throw keyReused();
    if (answer.status === 'in-use') throw keyInUse();
    if (answer.status === 'replay') return toReply(answer.reply, requestSha256);
    let reply: Reply;
    try {
      reply = await carryOut();
    } catch (error) {
      await settle(claim);
      throw error;
    }
    const { status, headers = {}, body: given } = reply;
    await settle({ ...claim, reply: { status, headers, body: secretBox.seal(JSON.stringify(given), requestSha256) } });
    return reply;
  };
}

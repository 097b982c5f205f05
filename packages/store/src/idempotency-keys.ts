import type { KeyAnswer } from '@orchestrator/contracts';
import type { Rpc } from './create-rpc.ts';
import { asJson } from './json-payload.ts';
import type { Store } from './store-types.ts';

/** The store's part for requests with an idempotency key that start no run. Rare, therefore not batched. */
export function createIdempotencyKeys(rpc: Rpc): Pick<Store, 'claimKey' | 'settleKey'> {
  return {
    async claimKey({ tenantId, key, token, requestSha256, lockMs }) {
      const payload = { tenantId, key, token, requestSha256, lockMs };
      return (await rpc.call('claim_idempotency_key', payload)) as KeyAnswer;
    },
    async settleKey({ tenantId, key, token, reply }) {
      const payload = { tenantId, key, token };
      await rpc.call('settle_idempotency_key', reply === undefined ? payload : { ...payload, reply: asJson(reply) });
    },
  };
}

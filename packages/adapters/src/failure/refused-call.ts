import { ModelCallError } from '@orchestrator/contracts';

/**
 * What a protocol throws instead of sending a request that its vendor can't take: nothing was sent, nothing is charged,
 * and another vendor may take it.
 * @param reason - a sentence that says what to change; without model output and without the key
 */
export function refusedCall(call: { readonly provider: string }, displayName: string, reason: string): ModelCallError {
  return new ModelCallError({
    name: 'Provider.InvalidRequest',
    message: `${displayName}: ${reason}`,
    retryable: false,
    provider: call.provider,
    isLocal: true,
  });
}

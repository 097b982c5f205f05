import { ModelCallError } from '@orchestrator/contracts';
import type { CallOptions, ProviderDefinition } from '../contract.ts';
import { toModelCallError } from '../failure/call-error.ts';
import type { Failure } from '../failure/failure.ts';
import { failureFromTransport } from '../failure/transport-failure.ts';
import { failureFromVendor } from '../failure/vendor-failure.ts';
import type { Attempt } from './attempt.ts';
import type { PreparedCall } from './prepared-call.ts';
import type { Protocol } from './protocol.ts';

/** Makes the errors of one adapter; only what it makes leaves the package. */
export interface Failures {
  fail(failure: Failure, call?: PreparedCall): ModelCallError;
  /** What a call ended with, in our own terms. */
  explain(error: unknown, during: FailedAttempt): ModelCallError;
}

export interface FailedAttempt {
  readonly attempt: Attempt;
  readonly limits: Pick<CallOptions, 'timeoutMs' | 'firstTokenTimeoutMs' | 'idleTimeoutMs'>;
  readonly call: PreparedCall | undefined;
  readonly protocol: Protocol | undefined;
  /** Part of the answer had arrived: whatever the vendor says then, it has worked. */
  readonly hasContent?: boolean;
}

/** Why we stopped the attempt ourselves; undefined when we didn't. */
function ownReason({ attempt, limits }: FailedAttempt): Pick<Failure, 'name' | 'message'> | undefined {
  switch (attempt.outcome()) {
    case 'aborted':
      return { name: 'Run.Cancelled', message: 'the call was aborted by its caller.' };
    case 'timed-out':
      return { name: 'Provider.Timeout', message: `no complete answer within ${limits.timeoutMs} ms.` };
    case 'no-first-token':
      return { name: 'Provider.Timeout', message: `no first token within ${limits.firstTokenTimeoutMs} ms.` };
    case 'idle':
      return { name: 'Provider.Timeout', message: `the stream was silent for ${limits.idleTimeoutMs} ms.` };
    default:
      return undefined;
  }
}

export function createFailures(
  profile: Pick<ProviderDefinition, 'id' | 'displayName'>,
  apiKey: () => string | undefined,
): Failures {
  function fail(failure: Failure, call?: PreparedCall): ModelCallError {
    return toModelCallError(failure, {
      provider: profile.id,
      displayName: profile.displayName,
      apiKey: apiKey(),
      worstCaseNanoUsd: call?.worstCaseNanoUsd ?? null,
    });
  }
  return {
    fail,
    explain(error, during) {
      if (error instanceof ModelCallError) return error;
      // The SDKs report our own abort in several ways, or end quietly: the attempt knows better.
      const own = ownReason(during);
      if (own !== undefined) return fail({ ...own, charge: 'unknown' }, during.call);
      const said = during.protocol?.readVendorError(error);
      const failure = said === undefined ? failureFromTransport(error) : failureFromVendor(said, Date.now());
      return fail(during.hasContent ? { ...failure, charge: 'unknown' } : failure, during.call);
    },
  };
}

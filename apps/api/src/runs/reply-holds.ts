import type { ApiStore, Clock, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';

/** How long an idempotency key stays in use when nobody renews it: what a process that dies costs its clients. */
export const holdMs = 6_000;
const renewMs = 2_000;

/**
 * Which requests with an idempotency key are being answered by this process. All of them are renewed in one call, so that other
 * processes turn repetitions away. A renewal that fails does no harm: a repetition that comes then waits for the same run.
 */
export interface ReplyHolds {
  /**
   * The caller of this run waits from now on; it was accepted with `replyForMs: holdMs`.
   * @returns to be called once, before the answer; `isEnded`: the run has ended, which says more than any hold. Never rejects
   */
  hold(runId: string): (isEnded: boolean) => Promise<void>;
}

export function createReplyHolds(deps: {
  readonly store: Pick<ApiStore, 'holdReplies'>;
  readonly clock: Clock;
  readonly log: Log;
}): ReplyHolds {
  const held = new Set<string>();
  let isRenewing = false;

  async function holdQuietly(runIds: readonly string[], time: { readonly forMs?: number }): Promise<void> {
    try {
      await deps.store.holdReplies({ tenantId, runIds, ...time });
    } catch (error) {
      deps.log.warn({ err: error, runs: runIds.length }, 'idempotency keys in use could not be renewed or let go');
    }
  }

  function scheduleRenewal(): void {
    if (isRenewing || held.size === 0) return;
    isRenewing = true;
    deps.clock.setTimer(renewMs, async () => {
      if (held.size > 0) await holdQuietly([...held], { forMs: holdMs });
      isRenewing = false;
      scheduleRenewal();
    });
  }

  return {
    hold(runId) {
      held.add(runId);
      scheduleRenewal();
      return async (isEnded) => {
        held.delete(runId);
        if (!isEnded) await holdQuietly([runId], {});
      };
    },
  };
}

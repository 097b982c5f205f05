import type { ModelRequest, RoutingRejection } from '@orchestrator/contracts';
import { refusalOf, shortlistFor } from '../plan/plan-call.ts';
import type { RouterState } from '../router-state.ts';

/** Why nobody could serve a request, whatever the moment. */
export interface NotServable {
  /** `not-configured`: no key for any that could · `not-capable`: those with keys can't. */
  readonly kind: 'not-configured' | 'not-capable';
  /** A sentence or two. */
  readonly message: string;
  /** One or more for each provider. */
  readonly rejected: readonly RoutingRejection[];
}

const incapable: ReadonlySet<string> = new Set(['missing-capability', 'max-tokens', 'context-length', 'unknown-provider']);

/** @returns null when some configured provider could serve the request; open circuits and cool-downs don't count */
export function checkServable(state: RouterState, request: ModelRequest): NotServable | null {
  const { candidates, rejected } = shortlistFor(state, request);
  if (candidates.length > 0) return null;
  const kind = rejected.some(({ code }) => incapable.has(code)) ? 'not-capable' : 'not-configured';
  return { kind, message: refusalOf(rejected, request), rejected };
}

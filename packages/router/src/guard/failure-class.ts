import type { StepError } from '@orchestrator/contracts';

/**
 * What a failure says about further calls.
 *
 * `key`: this provider's key or account is refused · `rate`: too many calls · `transient`: may work in a moment ·
 * `context`: the input is too long for this model · `absent`: this model or address is not there, others may be · `final`: no
 * other call would end differently, or the caller gave up.
 */
export type FailureClass = 'key' | 'rate' | 'transient' | 'context' | 'absent' | 'final';

const classes: Readonly<Record<string, FailureClass>> = {
  'Provider.Auth': 'key',
  'Provider.QuotaExceeded': 'key',
  'Provider.RateLimited': 'rate',
  'Provider.Overloaded': 'transient',
  'Provider.Unavailable': 'transient',
  'Provider.Timeout': 'transient',
  'Step.Timeout': 'transient',
  'Provider.Truncated': 'transient',
  'Provider.ContextLength': 'context',
};

export function failureClassOf({ name, status = 0 }: Pick<StepError, 'name' | 'status'>): FailureClass {
  // A model that its vendor has switched off, or a base URL that leads elsewhere.
  if (name === 'Provider.InvalidRequest' && (status === 404 || (status >= 300 && status < 400))) return 'absent';
  return Object.hasOwn(classes, name) ? (classes[name] ?? 'final') : 'final';
}

/**
 * Whether a failure holds for all models of its provider. A 403 may mean one model that this key may not use, and users name models:
 * one of them must not set a provider aside for all others.
 */
export function isProviderWide({ name, status, isLocal }: StepError): boolean {
  const failure = failureClassOf({ name });
  if (isLocal === true || (failure !== 'key' && failure !== 'rate')) return false;
  return status !== 403 || name === 'Provider.QuotaExceeded';
}

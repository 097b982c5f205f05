import { type Address, isPublicAddress, parseAddress } from './address.ts';
import type { AllowedHosts } from './allowed-hosts.ts';
import { type CheckedUrl, refuseUnlessOrdinary } from './create-url-check.ts';
import type { FetchFailure } from './fetch-result.ts';
import { type ResolveName, resolveByServers, resolveBySystem } from './resolve-name.ts';

export interface FindAddressesOptions {
  readonly allowed: AllowedHosts;
  readonly requiresHttps: boolean;
  /** @defaultValue the operating system for allowed names, the name servers for others */
  readonly resolve: ResolveName | undefined;
}

export type FoundAddresses =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly failure: FetchFailure };

const notResolved = { ok: false, failure: { code: 'name-not-resolved', message: 'The host name has no address.' } } as const;

async function resolved({ hostname, isAllowedName }: CheckedUrl, resolve: ResolveName | undefined, signal: AbortSignal) {
  const ask = resolve ?? (isAllowedName ? resolveBySystem : resolveByServers);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([ask(hostname, signal), aborted]);
}

/**
 * The addresses that a connection may go to: all that the name has, or none. One private address among them refuses the name, since
 * nobody says which of them a connection would take.
 * @param signal - ends the look-up; the promise rejects with its reason
 */
export async function findAddresses(
  checked: CheckedUrl,
  options: FindAddressesOptions,
  signal: AbortSignal,
): Promise<FoundAddresses> {
  const { allowed, requiresHttps } = options;
  const texts = checked.literal === null ? await resolved(checked, options.resolve, signal).catch(() => []) : [checked.hostname];
  signal.throwIfAborted();
  const addresses = texts.map(parseAddress);
  if (addresses.length === 0 || !addresses.every((address): address is Address => address !== null)) return notResolved;
  const isAllowedAddress = (address: Address) => allowed.allowsAddress(address, checked.port);
  if (!checked.isAllowedName && !addresses.every(isAllowedAddress)) {
    const isPublic = addresses.every((address) => isPublicAddress(address) || isAllowedAddress(address));
    const refusal = refuseUnlessOrdinary(checked, isPublic, requiresHttps);
    if (refusal !== null) return refusal;
  }
  // Written anew from the bytes that were judged: what is connected to is what was looked at.
  return { ok: true, addresses: addresses.map((address) => address.toString()) };
}

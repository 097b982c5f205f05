import { type Address, isPublicAddress, parseAddress } from './address.ts';
import { type AllowedHosts, parseAllowedHosts } from './allowed-hosts.ts';
import type { FetchFailure, FetchFailureCode } from './fetch-result.ts';

export interface UrlCheckOptions {
  /** Private hosts that may be reached: names, addresses, `host:port`, CIDR ranges. @defaultValue none */
  readonly allowedHosts?: readonly string[];
  /** Whether `http` is refused everywhere but on allowed hosts. @defaultValue false */
  readonly requiresHttps?: boolean;
}

export type UrlVerdict = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly failure: FetchFailure };

/** A URL that may be fetched as far as its text tells. */
export interface CheckedUrl {
  readonly url: URL;
  /** Without brackets and trailing dot. */
  readonly hostname: string;
  readonly port: number;
  /** The host, where it is an address. */
  readonly literal: Address | null;
  /** The operator trusts this name whatever it resolves to. */
  readonly isAllowedName: boolean;
}

export type CheckUrl = (
  text: string,
) => { readonly ok: true; readonly checked: CheckedUrl } | { readonly ok: false; readonly failure: FetchFailure };

const maxUrlLength = 2_048;
/** The Fetch standard blocks these too: services there may act upon what a stranger makes us send. */
const blockedHighPorts: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

function isUsualPort(port: number): boolean {
  if (port === 80 || port === 443) return true;
  return port >= 1_024 && !blockedHighPorts.has(port);
}

const refuse = (code: FetchFailureCode, message: string) => ({ ok: false, failure: { code, message } }) as const;

/** RFC 6761: these names mean this machine and need no resolver. */
function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

/** What nobody may reach who is not allowed explicitly; null for what everybody may. */
export function refuseUnlessOrdinary(target: Pick<CheckedUrl, 'url' | 'port'>, isPublic: boolean, requiresHttps: boolean) {
  if (!isUsualPort(target.port)) return refuse('forbidden-port', `Port ${target.port} is not one that HTTP is served on.`);
  if (!isPublic) return refuse('private-address', 'The host is a private or reserved address.');
  if (requiresHttps && target.url.protocol === 'http:') return refuse('plain-http', 'The URL must start with https://.');
  return null;
}

/** What of a URL can be judged without resolving its name. */
export function createTextCheck(allowed: AllowedHosts, requiresHttps: boolean): CheckUrl {
  return (text) => {
    // Parsers drop or mangle these silently, so that two of them may see two hosts.
    if (text.length > maxUrlLength || /[\s\u0000-\u0020\u007f\\]/.test(text)) {
      return refuse('invalid-url', `The URL must have at most ${maxUrlLength} characters, without spaces and backslashes.`);
    }
    const url = URL.parse(text);
    if (url === null) return refuse('invalid-url', 'This is no URL.');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      return refuse('forbidden-scheme', 'The URL must start with https:// or http://.');
    }
    if (url.username !== '' || url.password !== '') {
      return refuse('credentials-in-url', 'The URL must hold no user name or password.');
    }
    url.hostname = url.hostname.replace(/\.$/, '');
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    const literal = parseAddress(hostname);
    const isAllowedName = literal === null && allowed.allowsName(hostname, port);
    const isAllowed = literal === null ? isAllowedName : allowed.allowsAddress(literal, port);
    // Which rule a name falls under shows when it is resolved, where there are rules for addresses.
    if (!isAllowed && (literal !== null || !allowed.hasAddressRules)) {
      const isPublic = literal === null ? !isLocalhost(hostname) : isPublicAddress(literal);
      const refusal = refuseUnlessOrdinary({ url, port }, isPublic, requiresHttps);
      if (refusal !== null) return refusal;
    }
    return { ok: true, checked: { url, hostname, port, literal, isAllowedName } };
  };
}

/**
 * Says whether a URL may be fetched, as far as its text tells: a name that resolves to a private address is found only when it is
 * fetched.
 * @returns a function that gives the URL in its normal form, the one to store and to fetch
 * @throws AppError `invalid-configuration` for an allowed host that is none
 */
export function createUrlCheck(options: UrlCheckOptions = {}): (text: string) => UrlVerdict {
  const check = createTextCheck(parseAllowedHosts(options.allowedHosts ?? []), options.requiresHttps ?? false);
  return (text) => {
    const verdict = check(text);
    return verdict.ok ? { ok: true, url: verdict.checked.url } : verdict;
  };
}

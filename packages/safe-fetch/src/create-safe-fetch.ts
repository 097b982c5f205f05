import type { LookupFunction } from 'node:net';
import { parseAllowedHosts } from './allowed-hosts.ts';
import { type CheckedUrl, createTextCheck, type UrlCheckOptions } from './create-url-check.ts';
import { explainFailure } from './explain-failure.ts';
import type { SafeFetchResult, SafeResponse } from './fetch-result.ts';
import { findAddresses } from './find-addresses.ts';
import { readBody } from './read-body.ts';
import { checkHeaders } from './request-headers.ts';
import type { ResolveName } from './resolve-name.ts';

export interface SafeFetchOptions extends UrlCheckOptions {
  /** @defaultValue the name servers; for allowed names the operating system */
  readonly resolve?: ResolveName;
  /** Limit for resolving the name, and for connecting (TLS included), in milliseconds. @defaultValue 5000 */
  readonly connectTimeoutMs?: number;
  /** Limit from the sent request to the end of the headers, in milliseconds. @defaultValue 10000 */
  readonly headersTimeoutMs?: number;
  /** Limit of everything together, in milliseconds. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Most bytes of a body. @defaultValue 1048576 */
  readonly maxResponseBytes?: number;
  /** What becomes of a longer body: the request fails, or the rest is left unread. @defaultValue 'fail' */
  readonly whenTooLarge?: 'fail' | 'truncate';
}

export interface SafeRequest {
  /** @defaultValue 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** Makes one request. Never rejects: what went wrong is in the result. */
export type SafeFetch = (url: string, request?: SafeRequest) => Promise<SafeFetchResult>;

type Settings = Required<Omit<SafeFetchOptions, 'resolve' | 'allowedHosts' | 'requiresHttps'>>;

const maxHeaderBytes = 16_384;

/** Answers every look-up of a connection with the addresses that were judged, whatever the resolver would say by now. */
function pinTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_hostname, options, callback) => {
    const [first] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

async function exchange(
  { url }: CheckedUrl,
  addresses: readonly string[],
  request: SafeRequest,
  settings: Settings,
  signal: AbortSignal,
): Promise<SafeResponse> {
  // Loaded by the first request: it takes a tenth of a second, which a process that only checks URLs need not spend.
  const { Client } = await import('undici');
  // One client per request: a connection is never used again for a name that has moved since.
  const client = new Client(url.origin, {
    connect: { lookup: pinTo(addresses), timeout: settings.connectTimeoutMs, autoSelectFamily: true },
    allowH2: false,
    pipelining: 0,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: settings.headersTimeoutMs,
    bodyTimeout: 0,
  });
  try {
    const { statusCode, headers, body } = await client.request({
      method: request.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { 'accept-encoding': 'identity', ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const content = await readBody(body, settings.maxResponseBytes, settings.whenTooLarge);
    const pairs = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    );
    return { status: statusCode, headers: new Headers(pairs), ...content };
  } finally {
    await client.destroy();
  }
}

/**
 * Makes requests to URLs that somebody else gave, without being led into private networks: the name is resolved once, every address
 * it has is judged by its bytes, and the connection goes to one of those. TLS and `Host` keep the name. Redirects are answers like
 * any other, and proxies of the environment are not used.
 * @throws AppError `invalid-configuration` for an allowed host that is none
 */
export function createSafeFetch(options: SafeFetchOptions = {}): SafeFetch {
  const { allowedHosts = [], requiresHttps = false, resolve } = options;
  const allowed = parseAllowedHosts(allowedHosts);
  const checkText = createTextCheck(allowed, requiresHttps);
  const settings: Settings = {
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
    timeoutMs: options.timeoutMs ?? 15_000,
    maxResponseBytes: options.maxResponseBytes ?? 1_048_576,
    whenTooLarge: options.whenTooLarge ?? 'fail',
  };

  return async (text, request = {}) => {
    const verdict = checkText(text);
    if (!verdict.ok) return verdict;
    const forbidden = checkHeaders(request.headers ?? {});
    if (forbidden !== null) return { ok: false, failure: forbidden };
    const deadline = AbortSignal.timeout(settings.timeoutMs);
    const signal = AbortSignal.any([deadline, ...(request.signal === undefined ? [] : [request.signal])]);
    try {
      const resolving = AbortSignal.any([signal, AbortSignal.timeout(settings.connectTimeoutMs)]);
      const found = await findAddresses(verdict.checked, { allowed, requiresHttps, resolve }, resolving);
      if (!found.ok) return found;
      return { ok: true, response: await exchange(verdict.checked, found.addresses, request, settings, signal) };
    } catch (error) {
      return { ok: false, failure: explainFailure(error, request.signal) };
    }
  };
}

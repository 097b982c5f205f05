/** Why a request was not made, or came to nothing. */
export type FetchFailureCode =
  /** No URL, or one with characters that parsers disagree on. */
  | 'invalid-url'
  /** Neither `http` nor `https`. */
  | 'forbidden-scheme'
  | 'credentials-in-url'
  | 'forbidden-port'
  /** A header that decides where or how the request is sent. */
  | 'forbidden-header'
  /** `http` where `https` is required. */
  | 'plain-http'
  /** The host is, or resolves to, an address that is not public and not allowed. */
  | 'private-address'
  | 'name-not-resolved'
  | 'connect-failed'
  | 'tls-failed'
  | 'timeout'
  | 'connection-lost'
  /** Not HTTP, or headers beyond 16 KiB. */
  | 'invalid-response'
  | 'response-too-large'
  /** The caller's signal. */
  | 'aborted';

/** `message` is a sentence for whoever gave the URL: it tells nothing about the network behind this process. */
export interface FetchFailure {
  readonly code: FetchFailureCode;
  readonly message: string;
}

export interface SafeResponse {
  readonly status: number;
  readonly headers: Headers;
  /** As sent: nothing is decompressed. */
  readonly body: Buffer;
  /** The rest of the body was not read. */
  readonly isTruncated: boolean;
}

export type SafeFetchResult =
  | { readonly ok: true; readonly response: SafeResponse }
  | { readonly ok: false; readonly failure: FetchFailure };

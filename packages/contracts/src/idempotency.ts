/** The answer to a request with an `Idempotency-Key`, as it is kept and sent again. */
export interface StoredReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, sealed where there is a key for that. */
  readonly body: string;
}

/** Names one request that is being carried out. */
export interface KeyClaim {
  readonly tenantId: string;
  readonly key: string;
  /** UUID: whoever settles the key must know it. */
  readonly token: string;
}

export type KeyAnswer =
  /** The caller carries the request out and then settles the key. */
  | { readonly status: 'claimed' }
  /** The same request is being carried out. */
  | { readonly status: 'in-use' }
  /** The key belongs to another request. */
  | { readonly status: 'key-reused' }
  /** The same request was answered before. */
  | { readonly status: 'replay'; readonly reply: StoredReply };

import type { SafeFetch, SafeFetchResult, SafeRequest } from '@orchestrator/safe-fetch';

export interface SentRequest {
  readonly url: string;
  readonly request: SafeRequest;
}

export interface ScriptedFetch {
  readonly fetch: SafeFetch;
  readonly sent: readonly SentRequest[];
  /** Requests without an answer. */
  readonly open: number;
  /** Answers those without an answer, and all that come, until it is called with null. */
  answer(result: SafeFetchResult | null): void;
}

export function answered(status: number, headers: Record<string, string> = {}, body = ''): SafeFetchResult {
  return { ok: true, response: { status, headers: new Headers(headers), body: Buffer.from(body), isTruncated: false } };
}

/** Requests that are answered when the test says so; an aborted one ends at once, as the real ones do. */
export function createScriptedFetch(first: SafeFetchResult | null = answered(204)): ScriptedFetch {
  let current = first;
  const sent: SentRequest[] = [];
  const waiting = new Set<(result: SafeFetchResult) => void>();
  return {
    sent,
    get open() {
      return waiting.size;
    },
    answer(result) {
      current = result;
      if (result === null) return;
      for (const resolve of waiting) resolve(result);
    },
    async fetch(url, request = {}) {
      sent.push({ url, request });
      const { promise, resolve } = Promise.withResolvers<SafeFetchResult>();
      waiting.add(resolve);
      request.signal?.addEventListener('abort', () => resolve({ ok: false, failure: { code: 'aborted', message: 'aborted' } }));
      if (current !== null) resolve(current);
      return promise.finally(() => waiting.delete(resolve));
    },
  };
}

export { createSafeFetch, type SafeFetch, type SafeFetchOptions, type SafeRequest } from './create-safe-fetch.ts';
export { createUrlCheck, type UrlCheckOptions, type UrlVerdict } from './create-url-check.ts';
export type { FetchFailure, FetchFailureCode, SafeFetchResult, SafeResponse } from './fetch-result.ts';
export type { ResolveName } from './resolve-name.ts';

/** Of answers to requests that can be repeated later. */
export const retryHeaders = { 'Retry-After': 'Seconds until a repetition can succeed.' };

/** Of routes whose answers have an `ETag`. */
export const cachingRequestHeaders = { 'If-None-Match': 'The `ETag` of an earlier answer: 304 while it is the same.' };
export const cachingResponseHeaders = { ETag: 'Changes with the content.' };

/** Of lists. */
export const pageHeaders = { Link: 'The next page (`rel="next"`), where there is one.' };

/** Of answers to requests that can be repeated later. */
export const retryHeaders = { 'Retry-After': 'Seconds until a repetition can succeed.' };

/** Of routes whose answers have an `ETag`. */
export const cachingRequestHeaders = { 'If-None-Match': 'The `ETag` of an earlier answer: 304 while it is the same.' };
export const cachingResponseHeaders = { ETag: 'Changes with the content.' };

/** Of lists. */
export const pageHeaders = { Link: 'The next page (`rel="next"`), where there is one.' };

/** Of answers to requests that count against a limit, where one is configured. */
export const limitHeaders = {
  'RateLimit-Policy': 'How many submissions are taken in which window: `"submissions";q=<number>;w=<seconds>`.',
  RateLimit: 'How many are left, and for how long: `"submissions";r=<number>;t=<seconds>`.',
};

const keyDescription = '1 to 255 printable ASCII characters, in quotes or without. The same key with the same path and body';
/** Of routes that keep their reply. */
export const keyedRequestHeaders = { 'Idempotency-Key': `${keyDescription} gets the same answer.` };
export const keyedResponseHeaders = { 'Idempotency-Replayed': '`true` where the answer is that of an earlier request.' };
/** Of routes that start runs. */
export const keyedSubmissionHeaders = { 'Idempotency-Key': `${keyDescription} gives the same job, never a second one.` };

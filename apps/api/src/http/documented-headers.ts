/** Of answers to requests that can be repeated later. */
export const retryHeaders = { 'Retry-After': 'Seconds until a repetition can succeed.' };

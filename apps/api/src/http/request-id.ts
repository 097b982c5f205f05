const acceptable = /^[A-Za-z0-9._:+/=-]{1,128}$/;

/** The client's `X-Request-Id` when it is harmless in logs and headers, else a new one. */
export function requestIdFrom(header: string | string[] | undefined, newId: () => string): string {
  return typeof header === 'string' && acceptable.test(header) ? header : newId();
}

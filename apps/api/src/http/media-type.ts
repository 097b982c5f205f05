/**
 * Whether a `Content-Type` is JSON in UTF-8, the only encoding that JSON between systems may have (RFC 8259).
 * Types such as `application/problem+json` are not requests of this API.
 */
export function isJsonMediaType(contentType: string): boolean {
  const [essence, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  if (essence !== 'application/json') return false;
  return parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-?8"?$/.test(parameter));
}

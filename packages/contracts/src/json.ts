export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Escapes one reference token of an RFC 6901 JSON pointer. */
export function pointerToken(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Builds an RFC 6901 JSON pointer from path segments. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${pointerToken(typeof key === 'symbol' ? (key.description ?? '') : key)}`).join('');
}

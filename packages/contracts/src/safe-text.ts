const unsafeForJsonb = /\u0000|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * Replaces what PostgreSQL's jsonb rejects (NUL and lone surrogates) by U+FFFD.
 * Applied once, where text enters the system: model answers at the adapter's edge, request bodies in the API.
 */
export function toStorableText(text: string): string {
  return text.isWellFormed() && !text.includes('\u0000') ? text : text.replace(unsafeForJsonb, '\uFFFD');
}

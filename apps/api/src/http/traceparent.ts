/** A W3C `traceparent` header, or undefined when it is absent or malformed (the standard says to ignore it then). */
export function parseTraceparent(header: string | undefined): string | undefined {
  if (header === undefined || !/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)) return undefined;
  return header.startsWith('ff-') || /^..-0{32}-/.test(header) || /-0{16}-..$/.test(header) ? undefined : header;
}

import type { Call } from './route.ts';

/** The `Link` header (RFC 8288) that leads to the next page of a list: the same query with another cursor. */
export function nextLink(call: Pick<Call, 'sentPath' | 'query'>, cursor: string): string {
  const given = Object.entries(call.query as Readonly<Record<string, string | readonly string[]>>);
  const parameters = new URLSearchParams();
  for (const [name, value] of given) for (const text of [value].flat()) if (name !== 'cursor') parameters.append(name, text);
  parameters.append('cursor', cursor);
  return `<${call.sentPath}?${parameters}>; rel="next"`;
}

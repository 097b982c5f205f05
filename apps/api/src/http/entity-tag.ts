import type { Reply } from './reply.ts';
import type { Call } from './route.ts';

const entityTag = /^(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
const listItem = /[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)|[ \t]*,/gy;

/** What a client has already, by its `If-None-Match` header. */
export type KnownTags = (tag: string) => boolean;

/**
 * Reads an `If-None-Match` header (RFC 9110, section 13.1.2). The comparison is weak, as it has to be.
 * @returns undefined when the header is absent, or malformed: such a one is ignored
 */
export function parseIfNoneMatch(header: string | undefined): KnownTags | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return () => true;
  const opaque = new Set<string>();
  listItem.lastIndex = 0;
  while (listItem.lastIndex < header.length) {
    const match = listItem.exec(header);
    if (match === null) return undefined;
    const tag = match[1] === undefined ? undefined : entityTag.exec(match[1])?.[1];
    if (tag !== undefined) opaque.add(tag);
  }
  return opaque.size === 0 ? undefined : (tag) => opaque.has(entityTag.exec(tag)?.[1] ?? '');
}

/**
 * A weak tag: two answers of the same version say the same, byte by byte or not.
 * @param version - printable ASCII without `"` and spaces
 */
export function weakTag(version: string): string {
  return `W/"${version}"`;
}

/** A cache may keep the answer for its own user, and asks before each use. */
function tagHeaders(tag: string): Readonly<Record<string, string>> {
  return { ETag: tag, 'Cache-Control': 'private, no-cache' };
}

export function notModified(tag: string): Reply {
  return { status: 304, headers: tagHeaders(tag) };
}

/** Answers with a resource of this version, or with 304 when the client has it. */
export function answerTagged(call: Call, version: string, body: unknown): Reply {
  const tag = weakTag(version);
  if (parseIfNoneMatch(call.header('if-none-match'))?.(tag)) return notModified(tag);
  return { status: 200, headers: tagHeaders(tag), body };
}

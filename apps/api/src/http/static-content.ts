import { createHash } from 'node:crypto';
import type { Reply } from './reply.ts';
import type { Call } from './route.ts';

/** Bytes that stay the same as long as the process runs. */
export interface StaticContent {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly entityTag: string;
}

export function createStaticContent(bytes: Buffer, contentType: string): StaticContent {
  return { bytes, contentType, entityTag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}

/** Whether an `If-None-Match` names the tag; weak ones count as well (RFC 9110, 13.1.2). */
function names(header: string | undefined, entityTag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(entityTag) || tags.includes('*');
}

/** Answers with the content, or with 304 to a client that has it. Caches may keep it, and ask each time. */
export function answerStatic(call: Pick<Call, 'header'>, content: StaticContent, headers: Reply['headers'] = {}): Reply {
  const { bytes, contentType, entityTag } = content;
  const caching = { ETag: entityTag, 'Cache-Control': 'no-cache' };
  if (names(call.header('if-none-match'), entityTag)) return { status: 304, headers: caching };
  return {
    status: 200,
    contentType,
    headers: { ...headers, ...caching, 'Content-Length': String(bytes.length) },
    stream: (response) => void response.end(bytes),
  };
}

/** Of routes that answer with static content, for their description. */
export const cachingRequestHeaders = { 'If-None-Match': 'The `ETag` of an earlier answer: 304 while it is the same.' };
export const cachingResponseHeaders = { ETag: 'Changes with the content.' };

import { createHash } from 'node:crypto';
import { parseIfNoneMatch } from './entity-tag.ts';
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

/** Answers with the content, or with 304 to a client that has it. Caches may keep it, and ask each time. */
export function answerStatic(call: Pick<Call, 'header'>, content: StaticContent, headers: Reply['headers'] = {}): Reply {
  const { bytes, contentType, entityTag } = content;
  const caching = { ETag: entityTag, 'Cache-Control': 'no-cache' };
  if (parseIfNoneMatch(call.header('if-none-match'))?.(entityTag)) return { status: 304, headers: caching };
  return {
    status: 200,
    contentType,
    headers: { ...headers, ...caching, 'Content-Length': String(bytes.length) },
    stream: (response) => void response.end(bytes),
  };
}

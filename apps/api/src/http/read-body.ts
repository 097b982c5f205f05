import type { IncomingMessage } from 'node:http';
import { AppError } from '@orchestrator/contracts';

/** Thrown when the client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** A client that goes on sending this far past the limit, after the answer, is disconnected. */
const graceBytes = 4 * 1024 * 1024;

function tooLarge(limitBytes: number): AppError {
  return new AppError('payload-too-large', `The body is larger than ${limitBytes / 1024} KiB.`, { details: { limitBytes } });
}

/**
 * Collects a request body. Written by hand because body-parser answers 413 only after it has read the whole body, so a
 * slow sender never learns of it. Here the promise rejects at the byte that is too much (or at once when
 * `Content-Length` says so) and the rest is thrown away as it comes, which lets the client read the answer.
 * @throws AppError `payload-too-large`
 * @throws ClientGone
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let receivedBytes = 0;
    // It left before anybody listened: there will be no event.
    if (request.destroyed) reject(new ClientGone());
    if (declaredBytes > limitBytes) reject(tooLarge(limitBytes));
    request.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      if (receivedBytes <= limitBytes && declaredBytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      reject(tooLarge(limitBytes));
      if (receivedBytes > limitBytes + graceBytes) request.destroy();
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => reject(new ClientGone()));
  });
}

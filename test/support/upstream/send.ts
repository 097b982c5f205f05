import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './script.ts';

export interface SendOptions {
  readonly isStream: boolean;
  readonly fault: Fault | undefined;
  /** Fires when the client left. */
  readonly signal: AbortSignal;
}

function cutIn(pieces: readonly string[], size: number): string[] {
  const text = pieces.join('');
  const cut: string[] = [];
  for (let start = 0; start < text.length; start += size) cut.push(text.slice(start, start + size));
  return cut;
}

/** Waits for as long as the client stays. */
async function untilGone(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Sends a 200 answer with its fault. @returns whether a complete answer was handed to the socket */
export async function sendAnswer(response: ServerResponse, pieces: readonly string[], options: SendOptions): Promise<boolean> {
  const { fault, signal, isStream } = options;
  if (fault?.type === 'cut' && fault.at === 'before-headers') {
    response.destroy();
    return false;
  }
  if (fault?.type === 'hang' && fault.at === 'before-headers') {
    await untilGone(signal);
    return false;
  }
  const type = fault?.type === 'wrong-content-type' ? 'text/html' : isStream ? 'text/event-stream' : 'application/json';
  const body = fault?.type === 'malformed-json' ? cutIn(pieces, 1_000_000).map((text) => text.replaceAll('"', "'")) : [...pieces];
  const isEarlyEnd = (fault?.type === 'cut' || fault?.type === 'hang') && fault.at === 'in-body';
  const isChunked = isStream || fault?.type === 'slow-drip';
  response.writeHead(200, {
    'content-type': type,
    'x-ratelimit-limit-requests': '5000',
    'x-ratelimit-remaining-requests': '4999',
    'anthropic-ratelimit-requests-limit': '5000',
    'anthropic-ratelimit-requests-remaining': '4999',
    ...(isChunked ? {} : { 'content-length': Buffer.byteLength(body.join('')) }),
  });
  if (isEarlyEnd) {
    const whole = body.join('');
    // Flushed before the cut, or the client would see no answer at all.
    const flushed = new Promise<void>((resolve) => response.write(whole.slice(0, Math.floor(whole.length / 2)), () => resolve()));
    await Promise.race([flushed, untilGone(signal)]);
    if (fault.type === 'hang') await untilGone(signal);
    else response.destroy();
    return false;
  }
  if (fault?.type === 'slow-drip') {
    for (const piece of cutIn(body, fault.chunkBytes)) {
      if (signal.aborted) return false;
      response.write(piece);
      await delay(fault.intervalMs, undefined, { signal }).catch(() => {});
    }
  } else {
    for (const piece of body) response.write(piece);
  }
  if (signal.aborted) return false;
  const finished = new Promise<void>((resolve) => response.end(() => resolve()));
  await Promise.race([finished, untilGone(signal)]);
  if (fault?.type === 'cut') response.destroy();
  return fault === undefined || ['cut', 'slow-drip', 'usage', 'finish'].includes(fault.type);
}

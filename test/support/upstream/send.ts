import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RenderedAnswer } from './render.ts';
import type { Fault, Moment } from './script.ts';

export interface SendOptions {
  readonly fault: Fault | undefined;
  /** Fires when the client left. */
  readonly signal: AbortSignal;
}

/** Cuts by bytes, so also within a character. */
function cutIn(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  const cut: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) cut.push(bytes.subarray(start, start + size));
  return cut;
}

/** Waits for as long as the client stays. */
async function untilGone(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What is sent before a moment of the answer. */
function textBefore(moment: Moment, { head, tokens, tail }: RenderedAnswer): string {
  const opening = head.join('');
  if (moment === 'before-headers') return '';
  if (moment === 'before-tokens') return opening;
  const said = tokens.join('');
  if (moment === 'in-body') return opening + said.slice(0, Math.floor(said.length / 2));
  return moment === 'after-tokens' ? opening + said : opening + said + tail.join('');
}

const megabyte = 1_048_576;

/** The answer's first token, then filling until enough was sent or the client left. */
async function sendHugeBody(response: ServerResponse, answer: RenderedAnswer, megabytes: number, signal: AbortSignal) {
  response.write(answer.contentType === 'text/event-stream' ? `${answer.head.join('')}data: "` : '{"filling":"');
  const filling = Buffer.alloc(megabyte, 'x');
  for (let sent = 0; sent < megabytes && !signal.aborted; sent++) {
    const drained = new Promise<void>((resolve) => response.write(filling, () => resolve()));
    await Promise.race([drained, untilGone(signal)]);
  }
  if (!signal.aborted) response.end();
}

async function sendPieces(response: ServerResponse, answer: RenderedAnswer, { fault, signal }: SendOptions): Promise<boolean> {
  const pieces = [...answer.head, ...answer.tokens, ...answer.tail];
  if (fault?.type === 'slow-drip') {
    for (const piece of cutIn(pieces.join(''), fault.chunkBytes)) {
      if (signal.aborted) return false;
      response.write(piece);
      await delay(fault.intervalMs, undefined, { signal }).catch(() => {});
    }
  } else {
    for (const piece of pieces) response.write(piece);
  }
  if (signal.aborted) return false;
  const finished = new Promise<void>((resolve) => response.end(() => resolve()));
  await Promise.race([finished, untilGone(signal)]);
  if (fault?.type === 'cut') response.destroy();
  return fault === undefined || ['cut', 'slow-drip', 'usage', 'finish'].includes(fault.type);
}

/** Sends a 200 answer with its fault. @returns whether a complete answer was handed to the socket */
export async function sendAnswer(response: ServerResponse, answer: RenderedAnswer, options: SendOptions): Promise<boolean> {
  const { fault, signal } = options;
  const earlyEnd = (fault?.type === 'cut' || fault?.type === 'hang') && fault.at !== 'after-body' ? fault : undefined;
  if (earlyEnd?.at === 'before-headers') {
    if (earlyEnd.type === 'hang') await untilGone(signal);
    else response.destroy();
    return false;
  }
  const isWhole = answer.contentType !== 'text/event-stream' && fault?.type !== 'slow-drip' && fault?.type !== 'huge-body';
  const length = Buffer.byteLength([...answer.head, ...answer.tokens, ...answer.tail].join(''));
  response.writeHead(200, {
    'content-type': answer.contentType,
    'x-ratelimit-limit-requests': '5000',
    'x-ratelimit-remaining-requests': '4999',
    'anthropic-ratelimit-requests-limit': '5000',
    'anthropic-ratelimit-requests-remaining': '4999',
    'x-trial-endpoint-call-limit': '5000',
    'x-trial-endpoint-call-remaining': '4999',
    ...(isWhole ? { 'content-length': length } : {}),
  });
  if (fault?.type === 'huge-body') {
    await sendHugeBody(response, answer, fault.megabytes, signal);
    return false;
  }
  if (earlyEnd === undefined) return sendPieces(response, answer, options);
  // Flushed before the cut, or the client would see no answer at all.
  response.flushHeaders();
  const text = textBefore(earlyEnd.at, answer);
  if (text !== '') {
    const flushed = new Promise<void>((resolve) => response.write(text, () => resolve()));
    await Promise.race([flushed, untilGone(signal)]);
  } else if (earlyEnd.type === 'cut') {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (earlyEnd.type === 'hang') await untilGone(signal);
  else response.destroy();
  return false;
}

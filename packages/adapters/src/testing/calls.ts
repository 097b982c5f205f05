import { inspect } from 'node:util';
import { ModelCallError } from '@orchestrator/contracts';
import { expect } from 'vitest';
import type { CallOptions, StreamPart } from '../contract.ts';

/** The key of all test adapters; no error may show it. */
export const testKey = 'test-key-0123456789-abcdef';

export function callOptions(changes: Partial<CallOptions> = {}): CallOptions {
  return { signal: new AbortController().signal, timeoutMs: 10_000, ...changes };
}

/** The error a call ends with; checks what must hold for every one of them. */
export async function failureOf(call: Promise<unknown>): Promise<ModelCallError> {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelCallError)) throw error;
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(testKey);
  expect(JSON.stringify(error.error)).not.toContain(testKey);
  expect(error.cause).toBeUndefined();
  return error;
}

export interface ReadStream {
  readonly parts: StreamPart[];
  readonly text: string;
  readonly finish: Extract<StreamPart, { type: 'finish' }> | undefined;
}

/** Reads a stream to its end; the parts read so far are in `parts` also when it throws. */
export async function readStream(stream: AsyncIterable<StreamPart>, parts: StreamPart[] = []): Promise<ReadStream> {
  for await (const part of stream) parts.push(part);
  return {
    parts,
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    finish: parts.find((part) => part.type === 'finish'),
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';

let vendor: ScriptedServer;
beforeAll(async () => {
  vendor = await startScriptedServer();
});
afterAll(() => vendor.close());

/** A first piece, an event that nothing is read from, and the end; one provider for each protocol. */
const streams: readonly (readonly [string, object, object, object])[] = [
  [
    'openai',
    { choices: [{ delta: { content: 'a' } }] },
    { choices: [{ delta: {} }] },
    { choices: [{ delta: {}, finish_reason: 'stop' }] },
  ],
  [
    'anthropic',
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'signature_delta', signature: 's' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  ],
  [
    'gemini',
    { candidates: [{ content: { parts: [{ text: 'a' }] } }] },
    { usageMetadata: { promptTokenCount: 1 } },
    { candidates: [{ finishReason: 'STOP' }] },
  ],
  [
    'cohere',
    { type: 'content-delta', delta: { message: { content: { text: 'a' } } } },
    { type: 'content-end' },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  ],
];
const intervalMs = 40;
const quietEvents = 15;

describe.each(streams)('a stream of %s', (id, first, quiet, end) => {
  const read = (idleTimeoutMs: number) => {
    vendor.answerWith(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (event: object) =>
        response.write(`${'type' in event ? `event: ${String(event.type)}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
      send(first);
      for (let count = 0; count < quietEvents && !response.destroyed; count++) {
        await delay(intervalMs);
        send(quiet);
      }
      send(end);
      response.end();
    });
    const adapter = providers.find((provider) => provider.id === id)?.createAdapter({ apiKey: testKey, baseUrl: vendor.url });
    if (adapter === undefined) throw new Error(`${id} is not registered`);
    return readStream(adapter.stream({ prompt: 'p' }, callOptions({ idleTimeoutMs })));
  };

  it('is not silent while events come that nothing is read from', async () => {
    expect((await read(10 * intervalMs)).text).toBe('a');
  });

  it('is silent when they come too seldom', async () => {
    expect((await failureOf(read(intervalMs / 4))).error.name).toBe('Provider.Timeout');
  });
});

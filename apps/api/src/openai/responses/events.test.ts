import { type ModelPart, type OpenAiResponse, openAiResponseRequestSchema, openAiResponseSchema } from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import type { Answer } from '../answer/answer.ts';
import { anyAnswer, partsOf, runId } from '../testing/answers.ts';
import { createResponseEvents } from './events.ts';
import { toResponse } from './response-object.ts';

interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index?: number;
  readonly item_id?: string;
  readonly delta?: string;
  readonly text?: string;
  readonly arguments?: string;
  readonly item?: { readonly id: string; readonly type: string };
  readonly response?: OpenAiResponse;
}

const body = openAiResponseRequestSchema.parse({ model: 'smart', input: 'Hi', instructions: 'Be brief.', temperature: null });

function read(events: readonly ServerSentEvent[]): ResponseEvent[] {
  return events.map(({ event, data }) => {
    const parsed = JSON.parse(data) as ResponseEvent;
    expect(event).toBe(parsed.type);
    return parsed;
  });
}

function stream(of: Answer, parts: readonly ModelPart[]): ResponseEvent[] {
  const format = createResponseEvents(runId, body);
  return read([...format.start(), ...parts.flatMap((part) => format.part(part)), ...format.end(of)]);
}

const answer: Answer = {
  content: 'Sunny.',
  reasoning: 'Hm.',
  toolCalls: [{ id: 'x', name: 'f', arguments: '{"a":1}' }],
  citations: [{ url: 'https://example.com/' }],
  finishReason: 'tool-calls',
  usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, cacheWriteInputTokens: 1, reasoningTokens: 2 },
  origin: { run_id: runId, provider: 'acme', model: 'acme-large', cost_usd: 0.0025 },
};
const hex = runId.replaceAll('-', '');

describe('events of a response', () => {
  it('come in the order of OpenAI', () => {
    const events = stream(answer, partsOf(answer, [5, 5, 3, 3, 9]));
    expect(events.map(({ type, output_index }) => [type.replace('response.', ''), output_index])).toEqual([
      ['created', undefined],
      ['in_progress', undefined],
      ['output_item.added', 0],
      ['reasoning_summary_part.added', 0],
      ['reasoning_summary_text.delta', 0],
      ['reasoning_summary_text.done', 0],
      ['reasoning_summary_part.done', 0],
      ['output_item.done', 0],
      ['output_item.added', 1],
      ['content_part.added', 1],
      ['output_text.delta', 1],
      ['output_item.added', 2],
      ['function_call_arguments.delta', 2],
      ['function_call_arguments.delta', 2],
      ['output_text.annotation.added', 1],
      ['output_text.done', 1],
      ['content_part.done', 1],
      ['output_item.done', 1],
      ['function_call_arguments.done', 2],
      ['output_item.done', 2],
      ['completed', undefined],
    ]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.flatMap(({ item_id }) => item_id ?? [])).toEqual([
      ...Array<string>(4).fill(`rs_${hex}_0`),
      ...Array<string>(2).fill(`msg_${hex}_0`),
      ...Array<string>(2).fill(`fc_${hex}_0`),
      ...Array<string>(3).fill(`msg_${hex}_0`),
      `fc_${hex}_0`,
    ]);
  });

  it('end with the whole response', () => {
    const last = stream(answer, partsOf(answer, [5])).at(-1);
    expect(last?.response).toEqual(openAiResponseSchema.strict().parse(toResponse(answer, body)));
    expect(last?.response).toMatchObject({
      id: `resp_${hex}`,
      status: 'completed',
      model: 'smart',
      instructions: 'Be brief.',
      output: [
        { id: `rs_${hex}_0`, type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        {
          id: `msg_${hex}_0`,
          type: 'message',
          role: 'assistant',
          content: [
            {
              type: 'output_text',
              text: 'Sunny.',
              annotations: [
                {
                  type: 'url_citation',
                  url: 'https://example.com/',
                  title: 'https://example.com/',
                  start_index: 0,
                  end_index: 0,
                },
              ],
            },
          ],
        },
        { id: `fc_${hex}_0`, type: 'function_call', call_id: 'x', name: 'f', arguments: '{"a":1}', status: 'completed' },
      ],
      usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 5, total_tokens: 15 },
      orchestrator: answer.origin,
    });
  });

  it('say that an answer was cut', () => {
    const cut = stream({ ...answer, toolCalls: [], finishReason: 'length' }, [{ type: 'text', text: 'Sunny.' }]);
    expect(cut.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [{ status: 'incomplete' }] },
    });
    const filtered = stream({ ...answer, toolCalls: [], finishReason: 'content-filter' }, []);
    expect(filtered.at(-1)).toMatchObject({ response: { incomplete_details: { reason: 'content_filter' } } });
  });

  it('say what was told before an answer broke off', () => {
    const format = createResponseEvents(runId, body);
    const begun = [...format.start(), ...format.part({ type: 'text', text: 'Sun' })];
    const events = read([
      ...begun,
      ...format.failure({ error: { message: 'm', type: 'server_error', param: null, code: null } }),
    ]);
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', code: 'server_error', message: 'm', param: null },
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'server_error', message: 'm' },
          output: [{ type: 'message', status: 'in_progress', content: [{ text: 'Sun' }] }],
        },
      },
    ]);
  });

  it('put together are the whole response', () => {
    fc.assert(
      fc.property(anyAnswer, fc.infiniteStream(fc.nat(9)), (any, cuts) => {
        const events = stream(any, partsOf(any, cuts));
        const whole = openAiResponseSchema.strict().parse(toResponse(any, body));
        expect(events.at(-1)?.response).toEqual(whole);
        const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
        expect(
          done.toSorted(
            (a, b) => whole.output.findIndex(({ id }) => id === a?.id) - whole.output.findIndex(({ id }) => id === b?.id),
          ),
        ).toEqual(whole.output);
        for (const { id } of whole.output) {
          const own = events.filter(({ item_id }) => item_id === id);
          const told = own.map(({ delta = '' }) => delta).join('');
          const ending = own.find(({ type }) => /(?:text|arguments)\.done$/.test(type));
          expect(ending?.text ?? ending?.arguments).toBe(told);
        }
        expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
      }),
    );
  });
});

import type { ModelPart, ToolCall } from '@orchestrator/contracts';
import fc from 'fast-check';
import type { Answer } from '../answer/answer.ts';

export const runId = '01a209c7-12bd-7326-9be5-dd8342ded80e';

const toolCall = fc.record({ id: fc.string({ minLength: 1 }), name: fc.string({ minLength: 1 }), arguments: fc.json() });
const count = fc.nat(100_000);

/** An answer as a run can end with it. */
export const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  content: fc.string(),
  reasoning: fc.string(),
  toolCalls: fc.array(toolCall, { maxLength: 3 }),
  citations: fc.array(fc.record({ url: fc.webUrl() }), { maxLength: 2 }),
  finishReason: fc.constantFrom('stop', 'length', 'content-filter', 'tool-calls', 'other'),
  usage: fc.record({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count,
    cacheWriteInputTokens: count,
    reasoningTokens: count,
  }),
  origin: fc.record({
    run_id: fc.constant(runId),
    provider: fc.constant('acme'),
    model: fc.constant('acme-large'),
    cost_usd: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
});

function cutText(text: string, cuts: Iterator<number>): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const length = 1 + (cuts.next().value ?? 0);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return pieces;
}

/** The answer in pieces, as a vendor might stream it: thinking, text, then one call after the other. */
export function partsOf(answer: Pick<Answer, 'content' | 'reasoning' | 'toolCalls'>, cuts: Iterable<number>): ModelPart[] {
  const lengths = cuts[Symbol.iterator]();
  const texts = (type: 'text' | 'reasoning', text: string) =>
    cutText(text, lengths).map((piece): ModelPart => ({ type, text: piece }));
  const told = [...texts('reasoning', answer.reasoning), ...texts('text', answer.content)];
  for (const [index, { id, name, arguments: text }] of answer.toolCalls.entries()) {
    told.push({ type: 'tool-call', index, id, name, argumentsDelta: '' });
    for (const argumentsDelta of cutText(text, lengths)) told.push({ type: 'tool-call', index, argumentsDelta });
  }
  return told;
}

/** What a listener has after all pieces. */
export function tell(parts: readonly ModelPart[]): { text: string; reasoning: string; toolCalls: ToolCall[] } {
  const heard = { text: '', reasoning: '', toolCalls: [] as ToolCall[] };
  for (const part of parts) {
    if (part.type !== 'tool-call') heard[part.type] += part.text;
    else if (part.id !== undefined && part.name !== undefined) {
      heard.toolCalls[part.index] = { id: part.id, name: part.name, arguments: part.argumentsDelta };
    } else {
      const call = heard.toolCalls[part.index];
      if (call === undefined) throw new Error('a piece of a tool call that was not named');
      heard.toolCalls[part.index] = { ...call, arguments: call.arguments + part.argumentsDelta };
    }
  }
  return heard;
}

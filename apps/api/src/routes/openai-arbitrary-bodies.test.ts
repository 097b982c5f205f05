import { openAiErrorSchema } from '@orchestrator/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { completed, startApi } from '../testing/start-api.ts';

const leaf = fc.oneof(
  fc.constantFrom(
    'auto',
    'user',
    'assistant',
    'tool',
    'text',
    'image_url',
    'function',
    'function_call',
    'message',
    'json_schema',
  ),
  fc.constantFrom<unknown>('data:image/png;base64,AAAA', null, true, 0, 1, 1e300),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const keys = [
  ...['role', 'content', 'type', 'text', 'image_url', 'url', 'tool_calls', 'id', 'function', 'name', 'arguments', 'call_id'],
  ...['output', 'json_schema', 'schema', 'format', 'parameters', 'effort', 'include_usage', 'max_cost_usd', 'fallbacks'],
];
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('value'), { maxKeys: 4 }),
  ),
}));
const content = fc.oneof({ weight: 4, arbitrary: fc.constant('Hi') }, { weight: 1, arbitrary: value });
const message = fc.oneof(
  { weight: 3, arbitrary: fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content }) },
  {
    weight: 1,
    arbitrary: fc.record({ role: fc.constantFrom('assistant', 'tool', 'x'), content, tool_calls: value, tool_call_id: leaf }),
  },
);
const item = fc.oneof(
  message,
  fc.record({
    type: fc.constantFrom('function_call', 'function_call_output', 'reasoning', 'item_reference', 'message'),
    id: fc.constantFrom('msg_01a209c712bd73269be5dd8342ded80e_0', 'x'),
    call_id: leaf,
    name: leaf,
    arguments: leaf,
    output: value,
  }),
);
const fields = [
  ...['tools', 'tool_choice', 'response_format', 'text', 'reasoning', 'stop', 'temperature', 'max_tokens', 'orchestrator'],
  ...['user', 'n', 'something', 'stream_options', 'parallel_tool_calls', 'metadata'],
];
const rest = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 2 });
const body = fc
  .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.oneof(fc.constant('Hi'), fc.array(item, { maxLength: 3 })), rest)
  .map(([messages, input, more]) => ({ model: 'auto', messages, input, ...more }));

it('answers a request of any shape with a completion or an error that names what is wrong', async () => {
  await using test = await startApi();
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/v1/chat/completions', '/v1/responses'), body, async (path, json) => {
      test.finishRuns(completed);
      const answer = await test.post(path, json);
      seen.add(answer.status);
      expect([200, 400, 404], JSON.stringify(answer.body)).toContain(answer.status);
      if (answer.status !== 200) expect(openAiErrorSchema.parse(answer.body).error.message).not.toBe('');
    }),
    { numRuns: 250 },
  );
  expect([...seen]).toEqual(expect.arrayContaining([200, 400]));
  expect(test.log.filter((line) => line.level === 'error')).toEqual([]);
}, 30_000);

import { createServer } from 'node:http';

// A vendor that answers at once with the same text, in two formats; measured against, so it does as little as possible.
const usage = { prompt_tokens: 12, completion_tokens: 40, total_tokens: 52 };
const text = 'A short answer of a few words. '.repeat(6);
const chat = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-6-luna',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage,
});
const message = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-5-5',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 12, output_tokens: 40 },
});

const server = createServer((request, response) => {
  const body = request.url?.includes('/messages') === true ? message : chat;
  request.resume();
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.once('SIGTERM', () => process.exit(0));

import { createServer, type ServerResponse } from 'node:http';

// A vendor that answers at once with the same text, in two formats; measured against, so it does as little as possible. A streamed chat
// completion begins at once too, and has as many pieces at such a pace as its prompt says: `pieces=200 everyMs=20`.
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

function chunk(delta: object, rest: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null, ...rest }];
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-6-luna', choices })}\n\n`;
}

const piece = chunk({ content: 'a few words ' });
const end = [
  chunk({}, { finish_reason: 'stop' }),
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-6-luna', choices: [], usage })}\n\n`,
  'data: [DONE]\n\n',
].join('');
const defaultPieces = 40;

function sendStream(response: ServerResponse, body: string): void {
  const [, pieces, everyMs] = /pieces=(\d+) everyMs=(\d+)/.exec(body) ?? [];
  let left = Number(pieces ?? defaultPieces);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (everyMs === undefined) {
    response.end(piece.repeat(left) + end);
    return;
  }
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return void response.write(piece);
    clearInterval(timer);
    response.end(piece + end);
  }, Number(everyMs));
  response.once('close', () => clearInterval(timer));
  response.write(piece);
}

const server = createServer((request, response) => {
  const body = request.url?.includes('/messages') === true ? message : chat;
  let asked = '';
  request.setEncoding('utf8');
  request.on('data', (text: string) => {
    asked += text;
  });
  request.once('end', () => {
    if (asked.includes('"stream":true')) return sendStream(response, asked);
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

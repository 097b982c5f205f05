import { Agent, request } from 'node:http';
import type { RunResponse } from '@orchestrator/contracts';
import { type Work, works } from './load.ts';
import type { Producer } from './producer.ts';
import { workflowOf } from './workflows.ts';

/** Posts workflows to the API and waits for the answer with the result, over connections that stay open. */
export function createHttpProducer(apiUrl: string, connections: number): Producer {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const url = new URL('/api/workflows/run', apiUrl);
  const bodies = Object.fromEntries(
    works.map((work) => [work, Buffer.from(JSON.stringify({ workflow: workflowOf(work), input: {} }))]),
  ) as Record<Work, Buffer>;

  return {
    submit: (work) =>
      new Promise((resolve, reject) => {
        const body = bodies[work];
        const headers = { 'content-type': 'application/json', 'content-length': body.length };
        const posted = request(url, { method: 'POST', agent, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => {
            const isDone = response.statusCode === 200 && (JSON.parse(text) as RunResponse).success;
            if (isDone) resolve();
            else reject(new Error(`the API answered ${response.statusCode}: ${text.slice(0, 500)}`));
          });
          response.on('error', reject);
        });
        posted.on('error', reject);
        posted.end(body);
      }),
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

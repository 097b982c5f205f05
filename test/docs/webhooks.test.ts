import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebhookWithSecret } from '@orchestrator/contracts';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { failOnLeakedProcesses, type NodeProcess, spawnNode } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { fencedBlocks, repositoryRoot } from './markdown.ts';
import { type DocumentedSystem, startSystem } from './system.ts';

failOnLeakedProcesses();

/** Inside of the repository, where its packages are found. */
const folder = join(repositoryRoot, '.cache', `docs-${randomBytes(4).toString('hex')}`);
let system: DocumentedSystem;
let receiver: NodeProcess;
let port: number;
let hook: WebhookWithSecret;

async function send(path: string, body: object): Promise<unknown> {
  const answer = await fetch(`${system.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
  return answer.json();
}

beforeAll(async () => {
  port = await freePort();
  const allowed = { ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` };
  system = await startSystem(await makeScratchFolder('receiver'), allowed);
  hook = (await send('/api/webhooks', { url: `http://127.0.0.1:${port}/` })) as WebhookWithSecret;
  const block = fencedBlocks('docs/webhooks.md').find(({ role }) => role === 'receiver');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'receiver.mjs'), block?.text ?? '');
  const entry = join(folder, 'receiver.mjs').slice(repositoryRoot.length);
  receiver = spawnNode({ entry, env: { WEBHOOK_SECRET: hook.secret, PORT: String(port) } });
  await receiver.waitForHttp(`http://127.0.0.1:${port}/`, { status: 401 });
}, 120_000);
afterAll(async () => {
  await receiver?.kill();
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('the receiver of docs/webhooks.md takes a real event', async () => {
  const { runId } = (await send('/api/workflows/run', {
    workflow: { name: 'noop', steps: [{ id: 'a', action: 'noop' }] },
  })) as { runId: string };
  expect(await receiver.waitForLine(/^run\./)).toBe(`run.completed ${runId}`);
});

it('and takes an event once, and none that is signed with another secret', async () => {
  const body = JSON.stringify({ type: 'run.failed', data: { jobId: 'forged' } });
  const deliver = async (secret: string, id: string) => {
    const now = new Date();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    };
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
  };
  expect(await deliver(`whsec_${randomBytes(32).toString('base64')}`, 'msg_1')).toBe(401);
  expect([await deliver(hook.secret, 'msg_2'), await deliver(hook.secret, 'msg_2'), await deliver(hook.secret, 'msg_3')]).toEqual(
    [204, 204, 204],
  );
  const forged = () => receiver.lines.filter((line) => line === 'run.failed forged').length;
  await expect.poll(forged).toBe(2);
});

import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AppError } from '@orchestrator/contracts';
import type { Redis } from 'ioredis';
import { within } from './within.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const answerTimeoutMs = 2_000;

/**
 * Refuses a Redis that drops our keys when memory is short, and one that others can use without a password.
 * @throws AppError `invalid-configuration`, one line that says what to change
 */
export async function assertRedisIsSafe(client: Redis): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new AppError('invalid-configuration', `Redis evicts keys (maxmemory-policy ${policy}): set it to noeviction.`);
  }
  if (!(await answersWithoutPassword(client))) return;
  const exposed = await exposedAt(client);
  if (exposed === null) return;
  const message = `Redis can be used by others without a password (${exposed}): set requirepass or an ACL, and put the password in REDIS_URL.`;
  throw new AppError('invalid-configuration', message);
}

/** The password in our own URL proves nothing: a server without one accepts it with a warning. */
async function answersWithoutPassword(client: Redis): Promise<boolean> {
  const { username, password, sentinels, ...options } = client.options;
  if (password === undefined || password === null) return true;
  const stranger = client.duplicate({
    ...options,
    username: undefined,
    password: undefined,
    db: 0,
    enableReadyCheck: false,
    enableOfflineQueue: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  stranger.on('error', () => undefined);
  try {
    return (await within(stranger.ping(), answerTimeoutMs, 'Redis did not answer')) === 'PONG';
  } catch {
    return false;
  } finally {
    stranger.disconnect();
  }
}

/** Where strangers reach it, or null when only this machine does. */
async function exposedAt(client: Redis): Promise<string | null> {
  const { host, path } = client.options;
  if (typeof path !== 'string' && host !== undefined) {
    const addresses = await lookup(host, { all: true });
    const outside = addresses.find(({ address }) => !isLoopback(address));
    if (outside !== undefined) return `${host} is ${outside.address}`;
  }
  const settings = await readSettings(client);
  // Protected mode refuses everybody but this machine while there is no password.
  if (settings === null || settings.get('protected-mode') !== 'no') return null;
  const addresses = (settings.get('bind') ?? '').split(/\s+/).map((address) => address.replace(/^-/, ''));
  const open = addresses.find((address) => !isLoopback(address));
  return open === undefined ? null : `it listens on ${open === '' ? 'every address' : open} with protected-mode off`;
}

function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return address === 'localhost';
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Null where the server does not let us look. */
async function readSettings(client: Redis): Promise<Map<string, string> | null> {
  try {
    const flat = [...(await configGet(client, 'bind')), ...(await configGet(client, 'protected-mode'))];
    return new Map(flat);
  } catch {
    return null;
  }
}

async function configGet(client: Redis, name: string): Promise<[string, string][]> {
  const reply: unknown = await client.config('GET', name);
  // A flat list in RESP2, a map in RESP3.
  if (Array.isArray(reply)) return reply.length < 2 ? [] : [[String(reply[0]), String(reply[1])]];
  if (reply instanceof Map) return [...reply].map(([key, value]) => [String(key), String(value)]);
  return Object.entries(reply as object).map(([key, value]) => [key, String(value)]);
}

import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redisCommand, startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { createQueue } from './create-queue.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const outsideAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

describe('the check of Redis at start', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.dispose());
  afterEach(() => redis.restart());

  const open = (url: string) => createQueue({ backend: { type: 'redis', url }, log, connectTimeoutMs: 3_000 });
  const configure = async (...settings: string[]): Promise<void> => {
    for (const setting of settings) expect(await redisCommand(redis.port, `CONFIG SET ${setting}`)).toMatch(/^\+OK/);
  };
  const refused = (message: RegExp) => ({ code: 'invalid-configuration', message: expect.stringMatching(message) });

  it('accepts a private one without password', async () => {
    const queue = await open(redis.url);
    await queue.ping();
    await queue.close();
  });

  it('refuses one that evicts keys', async () => {
    await configure('maxmemory-policy allkeys-lru');
    await expect(open(redis.url)).rejects.toMatchObject(refused(/allkeys-lru.*noeviction/));
  });

  it('refuses one that listens to others without a password', async () => {
    await configure('protected-mode no', 'bind "0.0.0.0 -::*"');
    await expect(open(redis.url)).rejects.toMatchObject(refused(/without a password.*0\.0\.0\.0.*protected-mode off/));
  });

  it.runIf(outsideAddress !== undefined)('refuses one that it reaches at another address without a password', async () => {
    await configure('protected-mode no', `bind "127.0.0.1 ${outsideAddress}"`);
    await expect(open(`redis://${outsideAddress}:${redis.port}`)).rejects.toMatchObject(refused(/without a password/));
    // A password in the URL that the server does not ask for changes nothing.
    await expect(open(`redis://:guess@${outsideAddress}:${redis.port}`)).rejects.toMatchObject(refused(/without a password/));
  });

  it('accepts an open address with a password, and says when the password is wrong', async () => {
    await configure('protected-mode no', 'bind "0.0.0.0"', 'requirepass right');
    const queue = await open(`redis://:right@127.0.0.1:${redis.port}`);
    await queue.ping();
    await queue.close();
    await expect(open(`redis://:wrong@127.0.0.1:${redis.port}`)).rejects.toMatchObject(refused(/refuses the credentials/));
    await expect(open(redis.url)).rejects.toMatchObject(refused(/refuses the credentials/));
  });
});

import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createBatcher } from './create-batcher.ts';

/** A `send` whose flights end when the test says so. */
function controlledSend() {
  const batches: number[][] = [];
  const landings: (() => void)[] = [];
  const send = async (items: readonly number[]) => {
    batches.push([...items]);
    await new Promise<void>((resolve) => landings.push(resolve));
    return items.map((item) => item * 10);
  };
  const land = async () => {
    landings.shift()?.();
    await tick();
  };
  return { batches, send, land };
}

/** A turn of the event loop for the flight to start, and one for what it answers. */
async function tick(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('createBatcher', () => {
  it('sends what one tick adds at once, and what queues up during a flight as the next batch', async () => {
    const { batches, send, land } = controlledSend();
    const batcher = createBatcher({ send });
    const first = [batcher.add(1), batcher.add(2)];
    await tick();
    expect(batches).toEqual([[1, 2]]);
    const second = [batcher.add(3), batcher.add(4)];
    await tick();
    expect(batches).toHaveLength(1);
    await land();
    expect(await Promise.all(first)).toEqual([10, 20]);
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await land();
    expect(await Promise.all(second)).toEqual([30, 40]);
  });

  it('caps a batch by rows and by bytes, and still sends an item larger than the cap', async () => {
    const batches: number[][] = [];
    const send = async (items: readonly number[]) => {
      batches.push([...items]);
      return items;
    };
    const batcher = createBatcher({ send, maxItems: 3, maxBytes: 10, sizeOf: (item: number) => item });
    await Promise.all([1, 1, 1, 1, 99, 9].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1, 1, 1], [1, 9], [99]]);
  });

  it('never puts two items of one key into a batch and keeps their order', async () => {
    const batches: string[][] = [];
    const send = async (items: readonly string[]) => {
      batches.push([...items]);
      return items;
    };
    const batcher = createBatcher({ send, exclusiveKey: (item: string) => item.charAt(0) });
    await Promise.all(['a1', 'b1', 'a2', 'a3', 'b2'].map((item) => batcher.add(item)));
    expect(batches).toEqual([['a1', 'b1'], ['a2', 'b2'], ['a3']]);
  });

  it('splits a refused batch until only the poisonous item rejects', async () => {
    const sent: number[] = [];
    const send = async (items: readonly number[]) => {
      if (items.includes(13)) throw new AppError('internal', 'thirteen');
      sent.push(...items);
      return items;
    };
    const batcher = createBatcher({ send });
    const results = await Promise.allSettled([11, 12, 13, 14, 15].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(sent).toEqual([11, 12, 14, 15]);
  });

  it('rejects the whole batch without splitting when the store is unreachable', async () => {
    let calls = 0;
    const send = async (): Promise<readonly number[]> => {
      calls += 1;
      throw new AppError('store-unavailable', 'gone', { retryable: true });
    };
    const batcher = createBatcher({ send });
    const results = await Promise.allSettled([1, 2, 3, 4].map((item) => batcher.add(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
  });

  it('answers what is queued when it closes, and refuses what comes later', async () => {
    const { send, land } = controlledSend();
    const batcher = createBatcher({ send });
    const early = batcher.add(1);
    await tick();
    const queued = batcher.add(2);
    const closed = batcher.close();
    await expect(batcher.add(3)).rejects.toMatchObject({ code: 'shutting-down' });
    await land();
    await land();
    await closed;
    expect(await Promise.all([early, queued])).toEqual([10, 20]);
  });
});

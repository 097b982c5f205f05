import { z } from 'zod';
import type { JsonObject } from './json.ts';
import { runEventTypes } from './run.ts';

/** The data of a wake-up job in either queue: ids only, never content. */
export const wakeJobSchema = z.object({ runId: z.uuid(), epoch: z.number().int().min(0), wakeNo: z.number().int().min(1) });
export type WakeJob = z.infer<typeof wakeJobSchema>;

/** Messages that processes publish to one another; losing one costs time, never work. */
export const relayMessageSchema = z.discriminatedUnion('type', [
  /** Worker → the API process that waits: these runs are finished, or wait for an approval; read them from the store. */
  z.object({ type: z.literal('runs-finished'), runIds: z.array(z.uuid()) }),
  /** API → workers: cancellation of these runs was requested. */
  z.object({ type: z.literal('cancel-requested'), runIds: z.array(z.uuid()) }),
  /** Worker → APIs, every few seconds while there are any: its circuits that are not closed, by provider and model. */
  z.object({
    type: z.literal('circuits'),
    workerId: z.string().max(300),
    circuits: z.record(z.string(), z.record(z.string(), z.enum(['open', 'half-open']))),
  }),
  /** API → workers, again and again: this process wants to hear at once what happens in these runs. */
  z.object({ type: z.literal('follow'), topic: z.string().max(300), runIds: z.array(z.uuid()) }),
  /** Worker → an API process that follows: events of runs in order, some of them not stored yet. */
  z.object({
    type: z.literal('run-events'),
    runs: z.array(
      z.object({
        runId: z.uuid(),
        epoch: z.number().int().min(1),
        events: z.array(
          z.object({
            seq: z.number().int().min(1),
            type: z.enum(runEventTypes),
            // Written by our own workers, and checked where it becomes a view.
            data: z.custom<JsonObject>((data) => typeof data === 'object' && data !== null),
            atMs: z.number(),
          }),
        ),
      }),
    ),
  }),
]);
export type RelayMessage = z.infer<typeof relayMessageSchema>;

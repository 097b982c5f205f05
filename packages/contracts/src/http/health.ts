import { z } from 'zod';

/** `GET /livez`. */
export const livezResponseSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

/** `GET /readyz` while everything answers. */
export const readyzResponseSchema = z
  .object({ status: z.literal('ok'), checks: z.object({ store: z.literal('ok'), queue: z.literal('ok') }) })
  .meta({ id: 'Readiness' });

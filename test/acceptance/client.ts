import { z } from 'zod';

const price = z.object({ inputPerMToken: z.number(), outputPerMToken: z.number() });
export const providersSchema = z.object({
  total: z.number(),
  active: z.number(),
  providers: z.array(
    z.object({
      name: z.string(),
      displayName: z.string(),
      isConfigured: z.boolean(),
      defaultModel: z.string(),
      capabilities: z.array(z.string()),
      estimatedCost: price,
    }),
  ),
});
export type ProviderList = z.infer<typeof providersSchema>;

export const estimateSchema = z.object({
  cheapest: z.string().nullable(),
  fastest: z.string().nullable(),
  selected: z.string().nullable(),
  requiresApproval: z.boolean(),
  thresholdUSD: z.number(),
  estimates: z.array(
    z.object({
      provider: z.string(),
      model: z.string(),
      estimatedCostUSD: z.number().nullable(),
      expectedCostUSD: z.number().nullable(),
      latencyMs: z.number(),
      canServe: z.boolean(),
    }),
  ),
});
export type Estimate = z.infer<typeof estimateSchema>;

export const healthSchema = z.object({
  overall: z.string(),
  providers: z.record(z.string(), z.object({ status: z.string(), latencyMs: z.number() })),
  routing: z.object({ activeProviders: z.number(), routingStrategy: z.string(), providers: z.array(z.string()) }),
});

/** Asks the running system and checks the shape of its answer. @throws Error that names the path and what is wrong */
export async function ask<Shape extends z.ZodType>(
  url: string,
  path: string,
  schema: Shape,
  body?: object,
): Promise<z.infer<Shape>> {
  const answer = await fetch(new URL(path, url), {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 300)}`);
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${path} answered in another shape: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { capabilitySchema, routingStrategySchema } from '../model-request.ts';
import { countField, durationMsField, optionalUsdField } from './fields.ts';

/** One provider of `GET /api/ai/providers`. */
export const providerViewSchema = z
  .object({
    name: z.string(),
    displayName: z.string(),
    isConfigured: z.boolean().describe('It has a key.'),
    defaultModel: z.string(),
    capabilities: z.array(capabilitySchema).describe('Of the default model.'),
    estimatedCost: z
      .object({ inputPerMToken: optionalUsdField, outputPerMToken: optionalUsdField })
      .describe('US dollars per million tokens; `null` where no price is known.'),
  })
  .meta({ id: 'Provider' });
export type ProviderView = DeepReadonly<z.infer<typeof providerViewSchema>>;

/** `GET /api/ai/providers`. */
export const providerListSchema = z
  .object({
    total: countField.describe('The built-in ones.'),
    active: countField.describe('Those of them that have a key.'),
    providers: z.array(providerViewSchema),
    custom: z.array(providerViewSchema).exactOptional().describe('Endpoints that the configuration adds.'),
  })
  .meta({ id: 'ProviderList' });
export type ProviderList = DeepReadonly<z.infer<typeof providerListSchema>>;

const providerHealthSchema = z.object({
  status: z.enum(['healthy', 'unhealthy']),
  latencyMs: durationMsField.describe('Milliseconds that the check took.'),
  reason: z.string().exactOptional(),
  circuits: z
    .record(z.string(), z.enum(['closed', 'open', 'half-open']))
    .exactOptional()
    .describe('By model. `open`: too many calls failed, so none is made; `half-open`: one tries whether it answers again.'),
});

/** `GET /api/ai/health`. */
export const providersHealthSchema = z
  .object({
    overall: z.enum(['healthy', 'degraded', 'unhealthy']).describe('`degraded`: some answer, or none is configured.'),
    providers: z.record(z.string(), providerHealthSchema).describe('The configured ones, by name.'),
    routing: z.object({
      activeProviders: countField,
      routingStrategy: routingStrategySchema,
      providers: z.array(z.string()),
    }),
  })
  .meta({ id: 'ProvidersHealth' });
export type ProvidersHealth = DeepReadonly<z.infer<typeof providersHealthSchema>>;

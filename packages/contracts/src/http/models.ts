import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { capabilitySchema } from '../model-request.ts';
import { countField, durationMsField, providerNameField, usdField } from './fields.ts';

/** Query of `GET /api/ai/models`. */
export const listModelsQuerySchema = z.strictObject({
  provider: providerNameField.optional().describe('Only models of this provider.'),
  capability: capabilitySchema.optional().describe('Only models with this capability.'),
});

const tokenPrices = {
  inputPer1M: usdField,
  outputPer1M: usdField,
  cachedInputPer1M: usdField.exactOptional(),
  cacheWriteInputPer1M: usdField.exactOptional(),
} as const;

/** One model of `GET /api/ai/models`. */
export const modelViewSchema = z
  .object({
    provider: z.string(),
    model: z.string(),
    aliases: z.array(z.string()).exactOptional(),
    isDefault: z.boolean().describe('Asked when a request names this provider and no model.'),
    isConfigured: z.boolean().describe('Its provider has a key.'),
    capabilities: z.array(capabilitySchema),
    contextTokens: countField,
    maxOutputTokens: countField,
    prices: z
      .object({
        ...tokenPrices,
        maxFeePerRequestUSD: usdField.exactOptional().describe('The most a request costs on top of its tokens.'),
        tiers: z
          .array(z.object({ aboveInputTokens: countField, ...tokenPrices }))
          .exactOptional()
          .describe('Prices of the whole request once its input exceeds `aboveInputTokens`.'),
      })
      .describe('US dollars per million tokens.'),
    typicalLatencyMs: durationMsField,
    state: z.enum(['available', 'retiring', 'retired']).describe('`retiring`: within 60 days.'),
    retiresOn: z.iso.date().exactOptional(),
    sourceUrl: z.string().describe("The vendor's page to compare the figures with."),
    checkedOn: z.iso.date().describe('The day as of which the figures are taken to hold.'),
  })
  .meta({ id: 'Model', description: 'A row of the catalogue.' });
export type ModelView = DeepReadonly<z.infer<typeof modelViewSchema>>;

/** `GET /api/ai/models`. */
export const modelListSchema = z.object({ total: countField, models: z.array(modelViewSchema) }).meta({ id: 'ModelList' });
export type ModelList = DeepReadonly<z.infer<typeof modelListSchema>>;

import { capabilities } from '@orchestrator/contracts';
import { z } from 'zod';
import { sandbox } from '../providers/sandbox/index.ts';
import { providerIds } from '../registry.ts';

/** Dollars per million tokens; 0 for a model that costs nothing. */
const pricePer1M = z.number().min(0).max(100_000);
const tokens = z.number().int().min(1).max(100_000_000);

const modelSchema = z
  .strictObject({
    /** The id as the endpoint knows it. */
    model: z.string().min(1).max(200),
    inputPer1M: pricePer1M,
    outputPer1M: pricePer1M,
    cachedInputPer1M: pricePer1M.optional(),
    /** @defaultValue 131,072 */
    contextTokens: tokens.optional(),
    /** @defaultValue the context, or 16,384 if that is less */
    maxOutputTokens: tokens.optional(),
    /** @defaultValue text and streaming */
    capabilities: z.array(z.enum(capabilities)).min(1).max(capabilities.length).optional(),
    /** Prior of the routing by latency, in milliseconds. @defaultValue 2,000 */
    typicalLatencyMs: z.number().int().min(1).max(600_000).optional(),
  })
  .refine(({ maxOutputTokens = 1, contextTokens = Number.POSITIVE_INFINITY }) => maxOutputTokens <= contextTokens, {
    path: ['maxOutputTokens'],
    message: 'must not be over contextTokens',
  });

function hasCredentials(url: string): boolean {
  const parsed = URL.parse(url);
  return Boolean(parsed?.username || parsed?.password);
}

const takenNames: ReadonlySet<string> = new Set([...providerIds, sandbox.id]);

/** An endpoint of the user's own that speaks OpenAI's chat completions: a model server, a gateway, a fine-tuned model. */
export const customProviderSchema = z
  .strictObject({
    /** What requests name as `provider`. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits or -, a letter first')
      .refine((name) => !takenNames.has(name), 'is the name of a built-in provider'),
    displayName: z.string().min(1).max(100).optional(),
    /** Up to and without `/chat/completions`. */
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .refine((url) => !/[?#]/.test(url) && !hasCredentials(url), 'must have no query, fragment or credentials'),
    /** Absent where the endpoint asks for none; it is then sent a stand-in that says so. */
    apiKey: z.string().min(1).max(4_096).optional(),
    models: z
      .array(modelSchema)
      .min(1)
      .max(200)
      .refine((models) => new Set(models.map(({ model }) => model)).size === models.length, 'names a model twice'),
    /** One of `models`. @defaultValue the first */
    defaultModel: z.string().min(1).max(200).optional(),
  })
  .refine(({ defaultModel, models }) => defaultModel === undefined || models.some(({ model }) => model === defaultModel), {
    path: ['defaultModel'],
    message: 'must be one of models',
  });
export type CustomProvider = z.infer<typeof customProviderSchema>;

import { z } from 'zod';
import type { Citation, CostBasis, FinishReason } from '../model.ts';
import type { ToolCall } from '../model-request.ts';
import { countField } from './fields.ts';

export const usageViewSchema = z
  .object({ promptTokens: countField, completionTokens: countField, totalTokens: countField })
  .meta({ id: 'Usage', description: 'Token counts; the prompt includes cached tokens, the completion reasoning.' });

export const toolCallViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    arguments: z.string().describe('JSON text, as the model wrote it: it may be malformed.'),
  })
  .meta({ id: 'ToolCall', description: 'A tool that the model wants called.' }) satisfies z.ZodType<ToolCall>;

export const citationViewSchema = z
  .object({ url: z.string(), title: z.string().exactOptional() })
  .meta({ id: 'Citation', description: 'A source that the answer rests on.' }) satisfies z.ZodType<Citation>;

export const finishReasonSchema = z
  .enum(['stop', 'length', 'content-filter', 'tool-calls', 'other'])
  .describe('`length`: cut by `maxTokens`.') satisfies z.ZodType<FinishReason>;

export const costBasisSchema = z
  .enum(['reported', 'catalogue', 'price-library', 'reserved', 'none'])
  .describe(
    'Where a cost comes from: the vendor, our list prices, a price library, or the most it can have cost.',
  ) satisfies z.ZodType<CostBasis>;

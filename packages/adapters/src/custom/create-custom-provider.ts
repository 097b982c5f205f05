import { createAdapter } from '../call/create-adapter.ts';
import type { ModelRow } from '../catalogue/model-row.ts';
import type { ProviderDefinition } from '../contract.ts';
import { chatProtocol } from '../protocols/openai-chat/protocol.ts';
import type { CustomProvider } from './custom-provider.ts';

const defaultContextTokens = 131_072;
const defaultMaxOutputTokens = 16_384;
const defaultMaxTokens = 4096;
const defaultLatencyMs = 2_000;

/** Our prices have 6 decimals; rounding up keeps a booked cost from being below the bill. */
function roundUpPrice(usdPer1M: number): number {
  return Math.ceil(usdPer1M * 1e6 - 1e-4) / 1e6;
}

function toRow(model: CustomProvider['models'][number], baseUrl: string, today: string): ModelRow {
  const contextTokens = model.contextTokens ?? Math.max(defaultContextTokens, model.maxOutputTokens ?? 0);
  const maxOutputTokens = model.maxOutputTokens ?? Math.min(contextTokens, defaultMaxOutputTokens);
  return {
    model: model.model,
    inputPer1M: roundUpPrice(model.inputPer1M),
    outputPer1M: roundUpPrice(model.outputPer1M),
    ...(model.cachedInputPer1M === undefined ? {} : { cachedInputPer1M: roundUpPrice(model.cachedInputPer1M) }),
    contextTokens,
    maxOutputTokens,
    defaultMaxTokens: Math.min(defaultMaxTokens, maxOutputTokens),
    capabilities: model.capabilities ?? ['text', 'streaming'],
    typicalLatencyMs: model.typicalLatencyMs ?? defaultLatencyMs,
    sourceUrl: baseUrl,
    checkedOn: today,
  };
}

/** `max_tokens` is what model servers know; most of them report a stream's usage only when they are asked to. */
const dialect = { maxTokensParameter: 'max_tokens', sendsStreamOptions: true } as const;

/**
 * A provider from the user's own definition, to stand in a registry beside the built-in ones. It answers without a key, and
 * settings given for its name replace the definition's key, base URL and default model. Models outside the definition can be
 * asked for but have no price.
 */
export function createCustomProvider(definition: CustomProvider): ProviderDefinition {
  const { name, displayName = name, baseUrl, apiKey, models, defaultModel = models[0]?.model ?? '' } = definition;
  const today = new Date().toISOString().slice(0, 10);
  const profile = {
    id: name,
    displayName,
    defaultBaseUrl: baseUrl,
    defaultModel,
    models: models.map((model) => toRow(model, baseUrl, today)),
    requiresKey: false,
    // The same model costs something else, or nothing, at a host of one's own.
    priceLibraryId: null,
  };
  return {
    ...profile,
    createAdapter: (settings) =>
      createAdapter(
        profile,
        // A key belongs to the place it was given for.
        settings.apiKey || settings.baseUrl ? settings : { ...settings, apiKey },
        chatProtocol(dialect),
      ),
  };
}

import { createRequire } from 'node:module';
import type { PriceList, PriceTier, TokenPrices } from './model-row.ts';

/**
 * Prices of models that are in no catalogue, from an offline list (`@pydantic/genai-prices`). Taken as prices, not as sums: the
 * arithmetic stays ours, in integers, and a worst case needs the prices anyway.
 */

/** A price per million tokens, or one that depends on the size of the input. */
type LibraryPrice = number | undefined | { readonly base: number; readonly tiers: readonly LibraryTier[] };
interface LibraryTier {
  readonly start: number;
  readonly price: number;
}
type LibraryPrices = Readonly<Record<string, LibraryPrice>>;

/**
 * Loading takes 30 ms and 3 MB, so it waits for the first model that no catalogue knows. By `require`, since prices are
 * asked for where nothing can be awaited.
 */
let library: typeof import('@pydantic/genai-prices') | undefined;
function loadLibrary(): typeof import('@pydantic/genai-prices') {
  library ??= createRequire(import.meta.url)('@pydantic/genai-prices') as typeof import('@pydantic/genai-prices');
  return library;
}

/** Rounds up at the sixth decimal, the last that our prices have. */
function toPer1M(usd: number): number {
  return Math.ceil(usd * 1e6 - 1e-4) / 1e6;
}

function priceAbove(price: LibraryPrice, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.reduce((reached, tier) => (inputTokens >= tier.start ? tier.price : reached), price.base);
}

/** The prices of a request whose input is just above `inputTokens`. */
function pricesAbove(prices: LibraryPrices, inputTokens: number): TokenPrices | undefined {
  const at = (key: string) => priceAbove(prices[key], inputTokens);
  const input = at('input_mtok');
  const output = at('output_mtok');
  if (input === undefined || output === undefined) return undefined;
  const cached = at('cache_read_mtok');
  const written = at('cache_write_mtok');
  return {
    inputPer1M: toPer1M(input),
    // Two models charge more for reasoning or citations than for text; the dearest stands for all of their output.
    outputPer1M: toPer1M(Math.max(output, at('output_reasoning_mtok') ?? 0, at('output_citation_mtok') ?? 0)),
    ...(cached === undefined ? {} : { cachedInputPer1M: toPer1M(cached) }),
    ...(written === undefined ? {} : { cacheWriteInputPer1M: toPer1M(written) }),
  };
}

/** Thresholds at which any of the prices changes, ascending. */
function thresholdsOf(prices: LibraryPrices): number[] {
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === 'object' ? price.tiers.map((tier) => tier.start) : [],
  );
  return [...new Set(starts)].sort((a, b) => a - b);
}

/** @returns undefined for models that are not priced by the token in both directions (audio, images, embeddings) */
function toPriceList(prices: LibraryPrices): PriceList | undefined {
  const base = pricesAbove(prices, -1);
  if (base === undefined) return undefined;
  const tiers = thresholdsOf(prices).flatMap((start): PriceTier[] => {
    const above = pricesAbove(prices, start);
    return above === undefined ? [] : [{ aboveInputTokens: start, ...above }];
  });
  const perThousandRequests = priceAbove(prices.requests_kcount, 0);
  return {
    ...base,
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(perThousandRequests === undefined ? {} : { maxFeePerRequestUSD: perThousandRequests / 1000 }),
  };
}

const oneHourMs = 3_600_000;
/** Model names come from requests: the memory has a limit. */
const mostRemembered = 1_000;
const remembered = new Map<string, { readonly hour: number; readonly list: PriceList | undefined }>();

/**
 * The list prices of a model today.
 * @param providerId - the provider's id in the library
 * @returns undefined when the library doesn't know the model at this provider
 */
export function libraryPricesOf(providerId: string, model: string, nowMs: number = Date.now()): PriceList | undefined {
  const hour = Math.floor(nowMs / oneHourMs);
  const key = `${providerId}\n${model}`;
  const known = remembered.get(key);
  if (known?.hour === hour) return known.list;
  const usage = { input_tokens: 0, output_tokens: 0 };
  const found = loadLibrary().calcPrice(usage, model, { providerId, timestamp: new Date(nowMs) });
  // The library may answer with another provider's model of that name; its price is none here.
  const list = found?.provider.id === providerId ? toPriceList(found.model_price) : undefined;
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(key, { hour, list });
  return list;
}

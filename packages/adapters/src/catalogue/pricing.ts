import type { CostBasis } from '@orchestrator/contracts';
import type { ProviderDefinition } from '../contract.ts';
import type { ModelRow, PriceList } from './model-row.ts';
import { libraryPricesOf } from './price-library.ts';

/** The prices of a model and where they come from. */
export interface Pricing {
  readonly prices: PriceList;
  readonly basis: Extract<CostBasis, 'catalogue' | 'price-library'>;
}

/**
 * The catalogue's prices, else the price library's.
 * @returns undefined when neither knows the model: no cost is then assumed, and the caller has to ask
 */
export function pricingOf(
  definition: Pick<ProviderDefinition, 'id' | 'priceLibraryId'>,
  model: string,
  row: ModelRow | undefined,
): Pricing | undefined {
  if (row !== undefined) return { prices: row, basis: 'catalogue' };
  if (definition.priceLibraryId === null) return undefined;
  const prices = libraryPricesOf(definition.priceLibraryId ?? definition.id, model);
  return prices === undefined ? undefined : { prices, basis: 'price-library' };
}

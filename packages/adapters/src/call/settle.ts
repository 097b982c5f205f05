import {
  type Citation,
  type CostBasis,
  ModelCallError,
  type ModelResult,
  type NanoUsd,
  type TokenUsage,
  type ToolCall,
  toStorableText,
  zeroUsage,
} from '@orchestrator/contracts';
import { findRow } from '../catalogue/find-row.ts';
import { costOfUsage, feeOf } from '../catalogue/price.ts';
import { type Pricing, pricingOf } from '../catalogue/pricing.ts';
import type { ProviderDefinition } from '../contract.ts';
import type { PreparedCall } from './prepared-call.ts';
import type { VendorAnswer } from './vendor-answer.ts';

/** What of a provider is needed to price and name its answers. */
export type BillingProfile = Pick<ProviderDefinition, 'id' | 'displayName' | 'models' | 'priceLibraryId'>;

export interface Bill {
  readonly usage: TokenUsage;
  readonly costNanoUsd: NanoUsd;
  readonly costBasis: CostBasis;
  readonly warnings: readonly string[];
}

/** Books the worst case: nothing exact is known, and a booked cost must never be below the bill. */
function worstCaseBill(call: PreparedCall, why: string, usage: TokenUsage | null): Bill {
  if (call.worstCaseNanoUsd === null) {
    return {
      usage: usage ?? zeroUsage,
      costNanoUsd: 0,
      costBasis: 'none',
      warnings: [`${why} No price is known, so no cost is booked.`],
    };
  }
  return {
    usage: usage ?? { ...zeroUsage, inputTokens: call.inputTokenBound, outputTokens: call.maxTokens },
    costNanoUsd: call.worstCaseNanoUsd,
    costBasis: 'reserved',
    warnings: [`${why} The worst case is booked.`],
  };
}

/** More tokens than any model takes or writes: no count but a mistake, and its price no number that can be stored. */
const mostTokens = 100_000_000;

function isPlausible(usage: TokenUsage): boolean {
  return Object.values(usage).every((count) => count <= mostTokens);
}

/** The prices of the model that answered, which may be another than the one that was asked. */
function pricingOfAnswer(profile: BillingProfile, call: PreparedCall, model: string | null): Pricing | undefined {
  if (!model || model === call.model) return call.pricing;
  return pricingOf(profile, model, findRow(profile.models, model));
}

/**
 * Prices an answer: the vendor's own figure if it gives one, else the catalogue's or the price library's prices of the model that
 * answered, with the fee per request at its highest, else the worst case of the model that was asked.
 */
export function billAnswer(
  profile: BillingProfile,
  call: PreparedCall,
  answer: Pick<VendorAnswer, 'model' | 'usage' | 'reportedCostNanoUsd'>,
): Bill {
  const usage = answer.usage !== null && isPlausible(answer.usage) ? answer.usage : null;
  if (answer.reportedCostNanoUsd !== undefined) {
    return { usage: usage ?? zeroUsage, costNanoUsd: answer.reportedCostNanoUsd, costBasis: 'reported', warnings: [] };
  }
  if (usage === null) return worstCaseBill(call, 'The vendor reported no usage.', null);
  const pricing = pricingOfAnswer(profile, call, answer.model);
  if (pricing === undefined)
    return worstCaseBill(call, `No price is known for the model that answered (${answer.model || call.model}).`, usage);
  const costNanoUsd = costOfUsage(pricing.prices, usage) + feeOf(pricing.prices);
  return { usage, costNanoUsd, costBasis: pricing.basis, warnings: [] };
}

function toStorableCall({ id, name, arguments: input }: ToolCall): ToolCall {
  return { id: toStorableText(id), name: toStorableText(name), arguments: toStorableText(input) };
}

/** Each source once, in the order in which they were named. */
function uniqueCitations(citations: readonly Citation[] | undefined): Citation[] {
  const byUrl = new Map<string, Citation>();
  for (const { url, title } of citations ?? []) {
    const known = byUrl.get(url);
    const heading = known?.title ?? title;
    byUrl.set(url, { url: toStorableText(url), ...(heading === undefined ? {} : { title: toStorableText(heading) }) });
  }
  return [...byUrl.values()];
}

function isEmpty({ content, reasoning, toolCalls = [] }: VendorAnswer): boolean {
  return content === '' && !reasoning && toolCalls.length === 0;
}

/**
 * Turns a vendor's answer into a result.
 * @throws ModelCallError with what it cost: `Provider.ContentFiltered` when the vendor refused or withheld the answer,
 * `Provider.Truncated` when it is empty and nothing says that it was meant to be
 */
export function settleAnswer(profile: BillingProfile, call: PreparedCall, answer: VendorAnswer): ModelResult {
  const bill = billAnswer(profile, call, answer);
  if (answer.finishReason === 'content-filter') {
    throw new ModelCallError(
      {
        name: 'Provider.ContentFiltered',
        message: `${profile.displayName}: the model refused to answer or its answer was withheld by a content filter.`,
        retryable: false,
        provider: call.provider,
      },
      { usage: bill.usage, costNanoUsd: bill.costNanoUsd, costBasis: bill.costBasis },
    );
  }
  if (answer.finishReason === 'other' && isEmpty(answer)) {
    throw new ModelCallError(
      {
        name: 'Provider.Truncated',
        message: `${profile.displayName}: its answer ended without any content and for no known reason.`,
        retryable: true,
        provider: call.provider,
      },
      { usage: bill.usage, costNanoUsd: bill.costNanoUsd, costBasis: bill.costBasis },
    );
  }
  // They quote the model id that the vendor sent.
  const warnings = [...call.warnings, ...bill.warnings].map(toStorableText);
  const citations = uniqueCitations(answer.citations);
  const toolCalls = answer.toolCalls?.map(toStorableCall) ?? [];
  return {
    content: toStorableText(answer.content),
    ...(answer.reasoning ? { reasoning: toStorableText(answer.reasoning) } : {}),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(citations.length === 0 ? {} : { citations }),
    // Some vendors say `stop` all the same.
    finishReason: answer.finishReason === 'stop' && toolCalls.length > 0 ? 'tool-calls' : answer.finishReason,
    provider: call.provider,
    model: toStorableText(answer.model || call.model),
    usage: bill.usage,
    costNanoUsd: bill.costNanoUsd,
    costBasis: bill.costBasis,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

import {
  type CostBasis,
  ModelCallError,
  type ModelResult,
  type NanoUsd,
  type TokenUsage,
  toStorableText,
  zeroUsage,
} from '@orchestrator/contracts';
import { findRow } from '../catalogue/find-row.ts';
import type { ModelRow } from '../catalogue/model-row.ts';
import { costOfUsage } from '../catalogue/price.ts';
import type { PreparedCall } from './prepared-call.ts';
import type { VendorAnswer } from './vendor-answer.ts';

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

/**
 * Prices an answer: the vendor's own figure if it gives one, else the catalogue row of the model that answered
 * (it may differ from the one that was asked), else the worst case of the one that was asked.
 */
export function billAnswer(
  call: PreparedCall,
  models: readonly ModelRow[],
  answer: Pick<VendorAnswer, 'model' | 'usage' | 'reportedCostNanoUsd'>,
): Bill {
  const { usage } = answer;
  if (answer.reportedCostNanoUsd !== undefined) {
    return { usage: usage ?? zeroUsage, costNanoUsd: answer.reportedCostNanoUsd, costBasis: 'reported', warnings: [] };
  }
  if (usage === null) return worstCaseBill(call, 'The vendor reported no usage.', null);
  const row = answer.model === null || answer.model === call.model ? call.row : findRow(models, answer.model);
  if (row === undefined)
    return worstCaseBill(call, `No price is known for the model that answered (${answer.model ?? call.model}).`, usage);
  return { usage, costNanoUsd: costOfUsage(row, usage), costBasis: 'catalogue', warnings: [] };
}

/**
 * Turns a vendor's answer into a result.
 * @throws ModelCallError `Provider.ContentFiltered`, with what it cost, when the vendor refused or withheld the answer
 */
export function settleAnswer(
  call: PreparedCall,
  models: readonly ModelRow[],
  displayName: string,
  answer: VendorAnswer,
): ModelResult {
  const bill = billAnswer(call, models, answer);
  if (answer.finishReason === 'content-filter') {
    throw new ModelCallError(
      {
        name: 'Provider.ContentFiltered',
        message: `${displayName}: the model refused to answer or its answer was withheld by a content filter.`,
        retryable: false,
        provider: call.provider,
      },
      { usage: bill.usage, costNanoUsd: bill.costNanoUsd, costBasis: bill.costBasis },
    );
  }
  // They quote the model id that the vendor sent.
  const warnings = [...call.warnings, ...bill.warnings].map(toStorableText);
  return {
    content: toStorableText(answer.content),
    finishReason: answer.finishReason,
    provider: call.provider,
    model: toStorableText(answer.model ?? call.model),
    usage: bill.usage,
    costNanoUsd: bill.costNanoUsd,
    costBasis: bill.costBasis,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

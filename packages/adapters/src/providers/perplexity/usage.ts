import type { NanoUsd, TokenUsage } from '@orchestrator/contracts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { nanoUsdFromReported } from '../../protocols/reported-cost.ts';
import type { AgentUsage } from './schemas.ts';

function readUsage(usage: AgentUsage): TokenUsage {
  const details = usage.input_tokens_details;
  const cached = Math.min(details?.cached_tokens ?? details?.cache_read_input_tokens ?? 0, usage.input_tokens);
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens ?? 0,
    cachedInputTokens: cached,
    cacheWriteInputTokens: Math.min(details?.cache_creation_input_tokens ?? 0, usage.input_tokens - cached),
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}

/** The whole bill, searches included. Documented as `usage.cost.total_cost` in US dollars; the other spellings are older. */
function readReportedCost({ cost, total_cost }: AgentUsage): NanoUsd | undefined {
  if (typeof cost !== 'object' || cost === null) return nanoUsdFromReported(cost ?? total_cost);
  if (cost.currency && cost.currency.toUpperCase() !== 'USD') return undefined;
  return nanoUsdFromReported(cost.total_cost ?? cost.total_cost_usd ?? cost.total ?? total_cost);
}

/**
 * Usage and bill of an answer. Without a bill the catalogue's prices count, with the highest fee that a search can cost; half
 * a count is none then, since it would book half a price.
 */
export function readAgentBill(usage: AgentUsage | null | undefined): Pick<VendorAnswer, 'usage' | 'reportedCostNanoUsd'> {
  if (!usage) return { usage: null };
  const reportedCostNanoUsd = readReportedCost(usage);
  if (reportedCostNanoUsd !== undefined) return { usage: readUsage(usage), reportedCostNanoUsd };
  return { usage: typeof usage.output_tokens === 'number' ? readUsage(usage) : null };
}

import type { NanoUsd } from '@orchestrator/contracts';
import { z } from 'zod';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { PriceList } from '../../catalogue/model-row.ts';
import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';
import { withVendorModels } from '../../protocols/openai-chat/vendor-models.ts';
import { nanoUsdFromReported } from '../../protocols/reported-cost.ts';

const billSchema = z.object({
  cost: z.unknown().optional(),
  is_byok: z.boolean().nullish().catch(null),
  cost_details: z.object({ upstream_inference_cost: z.unknown().optional() }).nullish().catch(null),
});

/** With the user's own key at the host `cost` is only the fee; the host sends its bill apart, and without it nothing is stated. */
function readReportedCost(usage: unknown): NanoUsd | undefined {
  const bill = billSchema.safeParse(usage).data;
  const cost = nanoUsdFromReported(bill?.cost);
  if (cost === undefined || bill?.is_byok !== true) return cost;
  const upstreamCost = nanoUsdFromReported(bill.cost_details?.upstream_inference_cost);
  return upstreamCost === undefined ? undefined : cost + upstreamCost;
}

/** The dearest of all tiers: a host's base price must not be above it. */
function highestPrices(prices: PriceList) {
  const all = [prices, ...(prices.tiers ?? [])];
  return {
    prompt: Math.max(...all.map(({ inputPer1M }) => inputPer1M)),
    completion: Math.max(...all.map(({ outputPer1M }) => outputPer1M)),
  };
}

/** Which hosts may serve a request: https://openrouter.ai/docs/features/provider-routing */
function hostRules({ pricing, responseFormat }: PreparedCall) {
  return {
    // Without it a dearer host may answer, and the worst case reserved for the request would be too low.
    ...(pricing === undefined ? {} : { max_price: highestPrices(pricing.prices) }),
    // Hosts pass over what they don't know: a schema would be asked for in vain.
    ...(responseFormat?.type === 'json-schema' ? { require_parameters: true } : {}),
  };
}

const renameModel = withVendorModels({ 'claude-3.5-sonnet': 'anthropic/claude-3.5-sonnet' });

/** A marketplace: the same model at many hosts, each with prices of its own. */
export const openrouterDialect: ChatDialect = {
  maxTokensParameter: 'max_tokens',
  sendsStreamOptions: true,
  adjustRequest(request, call) {
    const { reasoning_effort: effort, ...rest } = renameModel(request);
    const provider = hostRules(call);
    return {
      ...rest,
      ...(effort === undefined ? {} : { reasoning: { effort } }),
      usage: { include: true },
      ...(Object.keys(provider).length === 0 ? {} : { provider }),
    };
  },
  readReportedCost,
};

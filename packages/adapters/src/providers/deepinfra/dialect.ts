import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';
import { readUsage } from '../../protocols/openai-chat/usage.ts';
import { withVendorModels } from '../../protocols/openai-chat/vendor-models.ts';
import { nanoUsdFromReported } from '../../protocols/reported-cost.ts';

/** Their completion tokens leave out the reasoning ones: https://github.com/vercel/ai/pull/12242 */
const leavesOutReasoning = /gemini|gemma/i;

export const deepinfraDialect: ChatDialect = {
  maxTokensParameter: 'max_tokens',
  sendsStreamOptions: true,
  adjustRequest: withVendorModels({ 'llama-3.1-70b': 'meta-llama/Meta-Llama-3.1-70B-Instruct' }),
  readUsage(usage, { model }) {
    const counted = readUsage(usage);
    if (!leavesOutReasoning.test(model ?? '')) return counted;
    return { ...counted, outputTokens: counted.outputTokens + counted.reasoningTokens };
  },
  readReportedCost: (usage) => nanoUsdFromReported(usage.estimated_cost),
};

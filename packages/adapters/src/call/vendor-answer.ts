import type { FinishReason, NanoUsd, TokenUsage } from '@orchestrator/contracts';

/** A vendor's answer with its dialect removed, before it is priced. */
export interface VendorAnswer {
  readonly content: string;
  readonly finishReason: FinishReason;
  /** `null` when the vendor didn't say. */
  readonly model: string | null;
  /** `null` when the vendor didn't say; an explicit zero is a figure like any other. */
  readonly usage: TokenUsage | null;
  /** The bill as the vendor itself states it, where it does. */
  readonly reportedCostNanoUsd?: NanoUsd;
}

/** What a protocol's stream yields: text as it comes, then the rest of the answer once. */
export type VendorStreamEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'end'; readonly answer: Omit<VendorAnswer, 'content'> };

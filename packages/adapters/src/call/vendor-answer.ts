import type { Citation, FinishReason, NanoUsd, TokenUsage, ToolCall } from '@orchestrator/contracts';

/** A vendor's answer with its dialect removed, before it is priced. */
export interface VendorAnswer {
  readonly content: string;
  /** The model's account of its thinking, where the vendor shows it. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly citations?: readonly Citation[];
  readonly finishReason: FinishReason;
  /** `null` when the vendor didn't say. */
  readonly model: string | null;
  /** `null` when the vendor didn't say; an explicit zero is a figure like any other. */
  readonly usage: TokenUsage | null;
  /** The bill as the vendor itself states it, where it does. */
  readonly reportedCostNanoUsd?: NanoUsd;
}

/**
 * What a protocol's stream yields: pieces as they come, then the rest of the answer once. The call flow puts text, reasoning
 * and tool calls together; `citations` are the end's.
 */
export type VendorStreamEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** `index` numbers the tool calls of the answer from 0; `id` and `name` come with the first piece of each. */
  | {
      readonly type: 'tool-call';
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    }
  | { readonly type: 'end'; readonly answer: Omit<VendorAnswer, 'content' | 'reasoning' | 'toolCalls'> };

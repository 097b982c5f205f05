import type { TokenUsage } from '@orchestrator/contracts';
import type { ChatUsage } from './schemas.ts';

/** What differs between vendors that speak OpenAI's chat completions. */
export interface ChatDialect {
  /** Name of the output limit. */
  readonly maxTokensParameter: 'max_completion_tokens' | 'max_tokens';
  /** Whether `stream_options.include_usage` is sent; without it the vendor reports usage in another way. */
  readonly sendsStreamOptions: boolean;
  /** Replaces `readUsage` where the counts mean something else. */
  readonly readUsage?: (usage: ChatUsage) => TokenUsage;
}

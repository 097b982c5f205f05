/** The steps of every run here, in order. */
export const stepPaths = ['draft', 'review', 'polish'] as const;

export interface WorkflowOptions {
  readonly maxCostUsd?: number;
  /** Output limit of each call in tokens. @defaultValue 40 */
  readonly maxTokens?: number;
}

/** Three model calls, each on the result of the one before, so that a wrong or lost result would change the next prompt. */
export function threeSteps(options: WorkflowOptions = {}): object {
  const { maxCostUsd, maxTokens = 40 } = options;
  const step = (id: string, prompt: string) => ({
    id,
    action: 'generate',
    provider: 'openai',
    model: 'gpt-4o-mini',
    input: { prompt, maxTokens },
  });
  return {
    name: 'three-steps',
    ...(maxCostUsd === undefined ? {} : { maxCostUSD: maxCostUsd }),
    steps: [
      step('draft', 'Draft a note about {{input.topic}}.'),
      step('review', 'Review: {{draft.output}}'),
      step('polish', 'Polish: {{review.output}}'),
    ],
  };
}

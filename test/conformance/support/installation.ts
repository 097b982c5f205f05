import { type Installation, startInstallation } from '../../e2e/support/installation.ts';

const toolCalls = [
  { id: 'call-1', name: 'weather', arguments: '{"city":"Paris"}' },
  { id: 'call-2', name: 'weather', arguments: '{"city":"Rome"}' },
];

export type CompatInstallation = Installation;

/**
 * API and worker in front of a scripted vendor. Prompts with `[[tool…]]` get two tool calls at first and a text once there are
 * tools' answers, `[[json]]` gets a JSON object, `[[cut…]]` an answer that breaks off.
 */
export function startCompatInstallation(env: Readonly<Record<string, string>> = {}): Promise<CompatInstallation> {
  return startInstallation({
    keysOf: 'all',
    env: { ORCHESTRATOR_MODEL_ALIASES: 'smart=anthropic/claude-haiku-5-5,small=openai/gpt-4o-mini', ...env },
    script: {
      recordRequests: true,
      rules: [
        { promptIncludes: '[[cut', fault: { type: 'cut', at: 'in-body' } },
        { promptIncludes: '[[json]]', content: '{"city":"Paris","population":2100000}' },
        { promptIncludes: '[[hang', fault: { type: 'hang', at: 'in-body' } },
        { promptIncludes: '[[slow', latencyMs: 1_000 },
        { promptIncludes: '[[busy', fault: { type: 'status', status: 400 } },
        { promptIncludes: '[[thinking]]', reasoning: 'Let me think about it.', content: 'Because.' },
        {
          promptIncludes: '[[extract',
          toolCalls: [{ id: 'call-3', name: 'extract', arguments: '{"city":"Paris","population":2100000}' }],
        },
        { promptIncludes: '[[tool', promptExcludes: 'degrees', toolCalls },
      ],
    },
  });
}

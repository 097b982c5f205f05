/** What the description of a route that takes a call shows. */
export const callExample = { prompt: 'Explain quantum computing', maxTokens: 200 };

/** What the description of a route that takes a workflow shows. */
export const workflowExample = {
  name: 'greeting',
  steps: [{ id: 'greet', action: 'generate', input: { prompt: 'Greet {{input.name}}', maxTokens: 100 } }],
};

/** The groups of routes, in the order in which they are listed, and what is in them. */
export const apiTags = {
  ai: 'Single model calls, and what they would cost.',
  workflows: 'Workflows: run, save, check, list.',
  jobs: 'Calls and workflow runs once they are accepted.',
  'openai-compatible': "The routes of OpenAI's API, for clients that speak it.",
  webhooks: 'Endpoints that are told of events, and what was delivered.',
  approvals: 'Calls that wait for somebody to agree to their cost.',
  providers: 'Providers, models, prices.',
  server: 'The server itself.',
} as const;
export type ApiTag = keyof typeof apiTags;

import { openAiErrorSchema } from '@orchestrator/contracts';
import type { z } from 'zod';
import { keyedRequestHeaders, keyedResponseHeaders, retryHeaders } from '../http/documented-headers.ts';
import type { ResponseDoc, RouteDoc } from '../http/route.ts';

const headers = {
  'X-Orchestrator-Run-Id': 'Id of the run, which is also its job.',
  'X-Orchestrator-Ignored': 'Fields of the request that had no effect.',
};

export interface OpenAiDocOptions {
  readonly operationId: string;
  readonly summary: string;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
  /** Of the `data` of an event, where the route streams. */
  readonly chunk?: z.ZodType;
}

/** The description of a route of OpenAI's. */
export function openAiDoc({ operationId, summary, body, answer, chunk }: OpenAiDocOptions): RouteDoc {
  const error = (description: string, more: ResponseDoc['headers'] = {}) => ({ description, headers: { ...headers, ...more } });
  const streamed = chunk === undefined ? '' : ' With `stream: true` the answer is server-sent events.';
  return {
    operationId,
    summary,
    description: `As OpenAI describes it. A client that goes away cancels the run, unless it sent an \`Idempotency-Key\`.${streamed}`,
    tag: 'openai-compatible',
    errorSchema: openAiErrorSchema,
    body,
    headers: keyedRequestHeaders,
    responses: {
      200: {
        description: 'The answer.',
        schema: answer,
        headers: {
          ...headers,
          ...keyedResponseHeaders,
          'X-Orchestrator-Provider': 'Who answered.',
          'X-Orchestrator-Model': 'With which model.',
          'X-Orchestrator-Cost-Usd': 'What it cost, US dollars.',
        },
      },
      400: error('The request breaks a rule, or asks for something that is not served.'),
      402: error('The call could cost more than the request allows.'),
      403: error('Somebody has to approve the cost first, or refused to.', { Location: 'Path of the job that waits.' }),
      404: error('Nothing here bears the name of the model.'),
      409: error('The first request with this key is still being answered.', { ...retryHeaders, Location: 'Path of its job.' }),
      429: error('The provider has had enough for now, or there are too many requests in this minute.', retryHeaders),
      502: error('The provider failed.'),
      504: error('The answer took too long.'),
    },
  };
}

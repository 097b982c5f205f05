import { z } from 'zod';
import type { Ending, UpstreamAnswer } from '../answer.ts';
import { sseData, type WireFormat, words } from './wire-format.ts';

const partsSchema = z.array(z.looseObject({ text: z.string().optional() }));
const bodySchema = z.looseObject({
  contents: z.array(z.looseObject({ role: z.enum(['user', 'model', 'function']).optional(), parts: partsSchema })).min(1),
  systemInstruction: z.union([z.string(), z.looseObject({ parts: partsSchema })]).optional(),
  generationConfig: z.looseObject({ maxOutputTokens: z.number().optional() }).optional(),
});

const finishReasons: Readonly<Record<Ending, string>> = {
  natural: 'STOP',
  limit: 'MAX_TOKENS',
  refused: 'SAFETY',
  // There is no word of its own for it.
  'tool-calls': 'STOP',
};

const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

const textOf = (parts: z.infer<typeof partsSchema>) => parts.map((part) => part.text ?? '').join('');

function usageOf(answer: UpstreamAnswer): object {
  const usage = answer.reportedUsage;
  if (usage === null) return {};
  return {
    usageMetadata: {
      promptTokenCount: usage.input,
      // Thinking is counted apart.
      candidatesTokenCount: usage.output - usage.reasoning,
      thoughtsTokenCount: usage.reasoning,
      cachedContentTokenCount: usage.cached,
      totalTokenCount: usage.input + usage.output,
    },
  };
}

const callPart = ({ name, arguments: text }: UpstreamAnswer['toolCalls'][number]) => ({
  functionCall: { name, args: JSON.parse(text) as unknown },
});

function bodyOf(answer: UpstreamAnswer, parts: readonly object[], rest: { finish?: boolean; usage?: boolean }): object {
  const finish = rest.finish === true ? { finishReason: finishReasons[answer.ending] } : {};
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...finish }],
    ...(rest.usage === true ? usageOf(answer) : {}),
    modelVersion: answer.model,
    responseId: answer.id,
  };
}

function errorOf(code: number, message: string, details: readonly object[] = []): object {
  return { error: { code, message, status: statusNames[code] ?? 'UNKNOWN', ...(details.length === 0 ? {} : { details }) } };
}

export const gemini: WireFormat = {
  path: /\/models\/[^/]+:(?:stream)?[gG]enerateContent$/,
  readCall(path, input) {
    const body = bodySchema.parse(input);
    const [, model = '', isStream] = /\/models\/([^/]+):(stream)?/.exec(path) ?? [];
    const system = body.systemInstruction;
    return {
      model: decodeURIComponent(model),
      prompt: body.contents.map(({ parts }) => textOf(parts)).join('\n'),
      systemPrompt: system === undefined ? undefined : typeof system === 'string' ? system : textOf(system.parts),
      maxTokens: body.generationConfig?.maxOutputTokens ?? 4096,
      isStream: isStream !== undefined,
    };
  },
  renderAnswer(answer) {
    const parts = [
      ...(answer.reasoning === '' ? [] : [{ text: answer.reasoning, thought: true }]),
      ...(answer.content === '' ? [] : [{ text: answer.content }]),
      ...answer.toolCalls.map(callPart),
    ];
    return bodyOf(answer, answer.ending === 'refused' ? [] : parts, { finish: true, usage: true });
  },
  renderEmpty: (answer) => ({ candidates: [], modelVersion: answer.model }),
  renderStream(answer) {
    const piece = (part: object) => sseData(bodyOf(answer, [part], {}));
    return {
      head: [],
      tokens: [
        ...words(answer.reasoning).map((text) => piece({ text, thought: true })),
        ...words(answer.content).map((text) => piece({ text })),
        ...answer.toolCalls.map((call) => piece(callPart(call))),
      ],
      tail: [sseData(bodyOf(answer, [{ text: '' }], { finish: true, usage: true }))],
      empty: [sseData({ candidates: [], modelVersion: answer.model })],
    };
  },
  renderErrorEvent(error) {
    const code = error.type === 'overloaded_error' ? 503 : error.type === 'rate_limit_error' ? 429 : 500;
    return sseData(errorOf(code, error.message));
  },
  renderError: (status, message, retryAfterS) =>
    errorOf(
      status,
      message,
      retryAfterS === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterS}s` }],
    ),
};

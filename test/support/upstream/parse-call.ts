import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

export type ApiProtocol = 'chat' | 'messages';

/** A model call as it arrived, whatever the vendor's dialect. */
export interface UpstreamCall {
  readonly protocol: ApiProtocol;
  /** From the path prefix `/p/<provider>`, if there is one. */
  readonly provider: string | null;
  readonly idempotencyKey: string | null;
  /** What stands between `[[` and `]]` in the prompt. */
  readonly marker: string | null;
  readonly model: string;
  readonly prompt: string;
  readonly systemPrompt: string | undefined;
  readonly maxTokens: number;
  readonly isStream: boolean;
  /** Whether an OpenAI-style stream asked for its usage. */
  readonly wantsUsage: boolean;
  readonly body: unknown;
}

const contentSchema = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const bodySchema = z.looseObject({
  model: z.string(),
  system: contentSchema,
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })),
  max_tokens: z.number().optional(),
  max_completion_tokens: z.number().optional(),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
});

function textOf(content: z.infer<typeof contentSchema>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((block) => block.text ?? '').join('');
}

const markerPattern = /\[\[([\w.:-]{1,200})\]\]/;

/** @throws ZodError or SyntaxError for bodies that no vendor would accept */
export function parseCall(
  request: IncomingMessage,
  route: { protocol: ApiProtocol; provider: string | null },
  text: string,
): UpstreamCall {
  const body = bodySchema.parse(JSON.parse(text));
  const ofRole = (isWanted: (role: string) => boolean) =>
    body.messages.filter((message) => isWanted(message.role)).map((message) => textOf(message.content));
  const isSystem = (role: string) => role === 'system' || role === 'developer';
  const system = [...(body.system ? [textOf(body.system)] : []), ...ofRole(isSystem)];
  const prompt = ofRole((role) => !isSystem(role)).join('\n');
  const key = request.headers['idempotency-key'];
  return {
    ...route,
    idempotencyKey: typeof key === 'string' ? key : null,
    marker: markerPattern.exec(prompt)?.[1] ?? null,
    model: body.model,
    prompt,
    systemPrompt: system.length === 0 ? undefined : system.join('\n'),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 4096,
    isStream: body.stream === true,
    wantsUsage: body.stream_options?.include_usage === true,
    body,
  };
}

import type { Capability, ModelRequest } from '@orchestrator/contracts';
import { sizeOfInput } from '../catalogue/estimate.ts';
import type { ModelRow } from '../catalogue/model-row.ts';
import type { ParameterRules } from '../catalogue/parameter-rules.ts';

/** Something that stands against a call; `reason` is a sentence that names the model. */
export interface Unsupported {
  readonly code: 'missing-capability' | 'max-tokens' | 'context-length';
  readonly reason: string;
}

interface Target {
  readonly model: string;
  readonly row: ModelRow | undefined;
  readonly rules: ParameterRules;
}

type Messages = NonNullable<ModelRequest['messages']>;

const nothing: readonly Unsupported[] = [];

function partsOf(messages: Messages) {
  return messages.flatMap((message) => (message.role === 'user' && typeof message.content !== 'string' ? message.content : []));
}

function usesTools({ tools, messages }: ModelRequest): boolean {
  if (tools !== undefined) return true;
  return messages?.some((message) => message.role === 'tool' || (message.role === 'assistant' && message.toolCalls)) ?? false;
}

/** What a model must be able to do to serve this request, with the part of the request that says so. */
function neededCapabilities(request: ModelRequest): Map<Capability, string> {
  const needed = new Map<Capability, string>();
  for (const capability of request.requires ?? []) needed.set(capability, 'the request requires it');
  if (usesTools(request)) needed.set('functions', 'the request has tools or tool calls');
  if (request.messages !== undefined && partsOf(request.messages).some((part) => part.type === 'image'))
    needed.set('vision', 'the request has images');
  const format = request.responseFormat?.type;
  if (format === 'json' || format === 'json-schema') needed.set('structured-output', 'the request asks for JSON');
  return needed;
}

function imageUrlObstacle({ model, rules }: Target, request: ModelRequest): readonly Unsupported[] {
  if (rules.takesImageUrls !== false || request.messages === undefined) return nothing;
  if (!partsOf(request.messages).some((part) => part.type === 'image' && part.url !== undefined)) return nothing;
  return [{ code: 'missing-capability', reason: `${model} takes no image URLs: give the image as base64 data.` }];
}

/** Why a model can't serve a request. Of a model in no catalogue only what holds for all of its vendor's is known. */
export function findUnsupported(target: Target, request: ModelRequest): readonly Unsupported[] {
  const { model, row } = target;
  const found = [...imageUrlObstacle(target, request)];
  if (row === undefined) return found;
  for (const [capability, why] of neededCapabilities(request)) {
    if (!row.capabilities.includes(capability))
      found.push({ code: 'missing-capability', reason: `${model} lacks the capability ${capability}; ${why}.` });
  }
  const { maxTokens } = request;
  if (maxTokens !== undefined && maxTokens > row.maxOutputTokens) {
    const reason = `maxTokens ${maxTokens} is over the ${row.maxOutputTokens} that ${model} can write.`;
    found.push({ code: 'max-tokens', reason });
  }
  const { leastTokens } = sizeOfInput(request);
  if (leastTokens > row.contextTokens) {
    const reason = `the input has at least ${leastTokens} tokens, more than the ${row.contextTokens} of ${model}'s context.`;
    found.push({ code: 'context-length', reason });
  }
  return found;
}

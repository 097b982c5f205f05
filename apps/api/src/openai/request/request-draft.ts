import {
  AppError,
  type GenerateRequest,
  type Issue,
  jsonPointer,
  type OpenAiExtension,
  validationError,
} from '@orchestrator/contracts';
import type { JsonBody } from '../../http/json-body.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { ApiRouter } from '../../ports.ts';
import { parseModelRequest } from '../../runs/check-request.ts';
import type { MessageList } from './message-list.ts';

/** A request of OpenAI's in our fields, before the values are checked. */
export interface RequestDraft {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly messages?: MessageList;
  /** What the fields are called in the body, where that differs. */
  readonly names: Readonly<Record<string, string>>;
  /** Of lists: the field of an item that holds what is an item of ours. */
  readonly wrappers?: Readonly<Record<string, string>>;
}

/** Whom a run belongs to and what bounds it. */
export function steeringFields(body: {
  readonly user?: string | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  readonly orchestrator?: OpenAiExtension | null | undefined;
}) {
  const { max_cost_usd, timeout_ms, priority, requires, fallbacks } = body.orchestrator ?? {};
  const userId = body.user || body.safety_identifier || undefined;
  return { userId, maxCostUSD: max_cost_usd, timeoutMs: timeout_ms, priority, requires, fallbacks };
}

/** What the fields of `steeringFields` are called in a body. */
export const steeringNames = {
  userId: 'user',
  maxCostUSD: 'orchestrator/max_cost_usd',
  timeoutMs: 'orchestrator/timeout_ms',
  priority: 'orchestrator/priority',
  requires: 'orchestrator/requires',
  fallbacks: 'orchestrator/fallbacks',
} as const;

/** Below a message only its content keeps its name. */
function moveMessagePointer(rest: readonly string[], list: MessageList | undefined): string {
  const [index = '', field] = rest;
  const path = list?.paths[Number(index)] ?? ['messages'];
  return jsonPointer(path) + (field === 'content' ? '/content' : '');
}

/** Moves an issue from a field of ours to where its cause stands in the body. */
function moveIssue(issue: Issue, { messages, names, wrappers = {} }: RequestDraft): Issue {
  const [, field, ...rest] = issue.pointer.split('/');
  if (field === undefined) return issue;
  if (field === 'messages') return { ...issue, pointer: moveMessagePointer(rest, messages) };
  if (field === 'provider') return { ...issue, pointer: '/model' };
  const name = Object.hasOwn(names, field) ? (names[field] ?? field) : field;
  const [index, ...inner] = rest;
  const wrapper = Object.hasOwn(wrappers, field) && inner.length > 0 ? wrappers[field] : undefined;
  const place = index === undefined || wrapper === undefined ? rest : [index, wrapper, ...inner];
  return { ...issue, pointer: ['', ...name.split('/'), ...place].join('/') };
}

/**
 * The request that a draft stands for, checked like any other.
 * @param parse - throws `validation-failed` with pointers into our fields
 * @throws AppError `validation-failed`, with pointers into the body
 */
export function parseDraft<Request>(draft: RequestDraft, parse: (body: JsonBody) => Request): Request {
  const value = omitUndefined({ ...draft.fields, messages: draft.messages?.messages });
  try {
    return parse({ value, issues: [] });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validation-failed') throw error;
    const issues = (error.details.issues as readonly Issue[]).map((issue) => moveIssue(issue, draft));
    throw validationError(issues, error.message);
  }
}

/** @throws AppError `validation-failed`, with pointers into the body */
export function toGenerateRequest(router: Pick<ApiRouter, 'checkNames'>, draft: RequestDraft): GenerateRequest {
  return parseDraft(draft, (body) => parseModelRequest(router, body));
}

import type { Fault } from '../support/upstream/script.ts';

export type Mode = 'generate' | 'stream';

/** What the upstream of the provider that is asked first does; `refused`: nothing listens there. */
export type PrimaryFault = Fault | { readonly type: 'refused' } | { readonly type: 'late'; readonly ms: number };

/** Something that goes wrong at that provider. */
export interface FailoverFault {
  readonly name: string;
  /** The forms it comes in; all of them have to pass. */
  readonly forms: readonly PrimaryFault[];
  /** Faults inside a stream don't exist in answers that come in one piece. */
  readonly modes: readonly Mode[];
}

const both: readonly Mode[] = ['generate', 'stream'];
const busy = { type: 'overloaded_error', message: 'The model is overloaded.' };
const status = (code: number, headers: Record<string, string> = {}, body?: string): Fault => ({
  type: 'status',
  status: code,
  headers,
  ...(body === undefined ? {} : { body }),
});

const quotaBody = JSON.stringify({ error: { message: 'You exceeded your current quota.', type: 'insufficient_quota' } });

/** The order of the published table. */
export const faults: readonly FailoverFault[] = [
  { name: 'no answer at all', forms: [{ type: 'hang', at: 'before-headers' }], modes: both },
  {
    name: 'first token too late',
    forms: [
      { type: 'late', ms: 60_000 },
      { type: 'hang', at: 'before-tokens' },
    ],
    modes: both,
  },
  { name: 'cut before the first token', forms: [{ type: 'cut', at: 'before-tokens' }], modes: both },
  { name: 'cut after some tokens', forms: [{ type: 'cut', at: 'in-body' }], modes: both },
  { name: 'silent after some tokens', forms: [{ type: 'hang', at: 'in-body' }], modes: both },
  {
    name: 'error event before the first token',
    forms: [{ type: 'error-in-stream', at: 'before-tokens', error: busy }],
    modes: ['stream'],
  },
  {
    name: 'error event after some tokens',
    forms: [{ type: 'error-in-stream', at: 'in-body', error: busy }],
    modes: ['stream'],
  },
  { name: '429 without Retry-After', forms: [status(429)], modes: both },
  { name: '429 with Retry-After of a minute', forms: [status(429, { 'retry-after': '60' })], modes: both },
  { name: '500', forms: [status(500)], modes: both },
  { name: '503', forms: [status(503)], modes: both },
  { name: '529 overloaded', forms: [status(529)], modes: both },
  { name: '401 bad key', forms: [status(401)], modes: both },
  { name: '403 no permission, quota used up', forms: [status(403), status(429, {}, quotaBody)], modes: both },
  { name: 'connection refused', forms: [{ type: 'refused' }], modes: both },
  {
    name: '200 with a web page, malformed JSON, no choices',
    forms: [{ type: 'html' }, { type: 'malformed-json' }, { type: 'empty-choices' }],
    modes: both,
  },
];

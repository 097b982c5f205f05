import type { FetchFailure } from './fetch-result.ts';

/** These decide where a request goes, how long it is or what the connection turns into. */
const reserved: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The first header that a caller may not set, or null. */
export function checkHeaders(headers: Readonly<Record<string, string>>): FetchFailure | null {
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    const isForm = /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (isForm && !reserved.has(lower) && !lower.startsWith('proxy-')) continue;
    return { code: 'forbidden-header', message: `The header ${JSON.stringify(name.slice(0, 100))} can't be sent.` };
  }
  return null;
}

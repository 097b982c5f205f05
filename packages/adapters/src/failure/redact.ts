import { toStorableText } from '@orchestrator/contracts';

const longestMessage = 600;

/**
 * Masked keys (`sk-ab***yz`) as vendors echo them, bearer headers as proxies do, and the credentials of a URL. Each begins at a
 * boundary, or long runs of letters (an image that a vendor echoes) would take seconds.
 */
const keyLike = /(?<![\w.-])[\w.-]*\*{2,}[\w.*-]*|\bbearer\s+[\w.~+/=-]{8,}|\bsk-[\w-]{12,}|(?<=:\/\/)[^\s/?#]+(?=@)/gi;

/** Makes a vendor's text fit for errors and logs: without the key, storable, of bounded length. */
export function redact(text: string, apiKey: string | undefined): string {
  // Before the cut, which may leave a part of the key.
  const keyless = apiKey === undefined || apiKey === '' ? text : text.replaceAll(apiKey, '[redacted]');
  const safe = toStorableText(keyless.slice(0, 20_000).replace(keyLike, '[redacted]')).replace(/\s+/g, ' ').trim();
  return safe.length <= longestMessage ? safe : `${toStorableText(safe.slice(0, longestMessage))}…`;
}

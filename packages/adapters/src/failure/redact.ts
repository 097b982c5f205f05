import { toStorableText } from '@orchestrator/contracts';

const longestMessage = 600;

/** Masked keys (`sk-ab***yz`) as vendors echo them, and bearer headers as proxies do. */
const keyLike = /[\w.-]*\*{2,}[\w.*-]*|\bbearer\s+[\w.~+/=-]{8,}|\bsk-[\w-]{12,}/gi;

/** Makes a vendor's text fit for errors and logs: without the key, storable, of bounded length. */
export function redact(text: string, apiKey: string | undefined): string {
  let safe = text.slice(0, 20_000);
  if (apiKey !== undefined && apiKey !== '') safe = safe.replaceAll(apiKey, '[redacted]');
  safe = toStorableText(safe.replace(keyLike, '[redacted]')).replace(/\s+/g, ' ').trim();
  return safe.length <= longestMessage ? safe : `${toStorableText(safe.slice(0, longestMessage))}…`;
}

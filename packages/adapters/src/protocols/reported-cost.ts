import type { NanoUsd } from '@orchestrator/contracts';

const decimal = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Vendors add up their bills in binary floating point: 0.1 + 0.2 arrives as 0.30000000000000004. A decimal of up to 15
 * digits survives a double unharmed, so whatever follows the 15th is such dust and would cost a nano-dollar when rounded up.
 */
const trueDigits = 15;

/**
 * A cost as a vendor reports it → nano-dollars, rounded up: a booked cost is never below the bill.
 * @param usd - US dollars as a number or a decimal text (`0.000014`, `1.4e-5`)
 * @returns undefined for what is no amount: negative, not finite, not a number, or too large to count in nano-dollars
 */
export function nanoUsdFromReported(usd: unknown): NanoUsd | undefined {
  const amount = typeof usd === 'string' && decimal.test(usd) ? Number(usd) : usd;
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) return undefined;
  const [mantissa = '', exponent = ''] = amount.toExponential(trueDigits - 1).split('e');
  // The mantissa read as an integer, times ten to the power of `scale`, is the amount in nano-dollars.
  const digits = BigInt(mantissa.replace('.', ''));
  const scale = Number(exponent) - (trueDigits - 1) + 9;
  if (scale >= 0) return safeOrUndefined(digits * 10n ** BigInt(scale));
  const unit = 10n ** BigInt(-scale);
  return safeOrUndefined((digits + unit - 1n) / unit);
}

function safeOrUndefined(nanoUsd: bigint): NanoUsd | undefined {
  return nanoUsd <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(nanoUsd) : undefined;
}

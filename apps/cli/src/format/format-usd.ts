/** An amount for people: cents and more with two to four decimals, less with three significant digits. */
export function formatUsd(amountUsd: number): string {
  if (amountUsd === 0) return '$0';
  if (amountUsd >= 1) return `$${amountUsd.toFixed(2)}`;
  if (amountUsd >= 0.01) return `$${amountUsd.toFixed(4).replace(/0{1,2}$/, '')}`;
  const decimals = Math.min(9, 2 - Math.floor(Math.log10(amountUsd)));
  return `$${amountUsd.toFixed(decimals).replace(/0+$/, '')}`;
}

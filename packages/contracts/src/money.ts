/** An amount in integer nano-US-dollars (1e-9 USD). Safe as a JSON number up to about 9 million USD. */
export type NanoUsd = number;

const nanoPerUsd = 1_000_000_000;

/**
 * Converts a decimal dollar amount of the HTTP edge to nano-dollars, rounding half up.
 * @param usd - dollars, finite, at most 9,007,199 (2^53 nano-dollars)
 */
export function nanoUsdFromUsd(usd: number): NanoUsd {
  return Math.round(usd * nanoPerUsd);
}

/** Converts nano-dollars to the decimal dollars shown at the HTTP edge. */
export function usdFromNanoUsd(nanoUsd: NanoUsd): number {
  return nanoUsd / nanoPerUsd;
}

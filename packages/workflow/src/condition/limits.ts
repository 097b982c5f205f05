/** Limits of one condition. As with templates, they count work and not time. */
export const conditionLimits = {
  sourceChars: 4_096,
  nodes: 200,
  depth: 24,
  /** Characters of a string, items of a list, that an operator or function may make. */
  resultSize: 1_048_576,
  /** Units of work of one evaluation: about 100 ns each. */
  work: 300_000,
} as const;

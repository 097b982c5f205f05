/**
 * Limits of one template. They count work, never time: a rendering that was interrupted by a frozen process or a slow
 * machine must give the same result as any other, or a run could fail for good because its worker was stopped for a second.
 * Sized so that the worst input stays under 50 ms on the 2-core machine of BENCH.md.
 */
export const templateLimits = {
  /** Characters of a source that has at least one `{{`. */
  sourceChars: 16_384,
  /** `{{ … }}` tags of one source. */
  tags: 500,
  /** Nodes of the parsed template. */
  nodes: 500,
  /** Nesting of blocks and subexpressions. */
  depth: 20,
  /** Turns of all `{{#each}}` of one rendering together. */
  loopTurns: 10_000,
  /** Characters of text of one rendering. */
  outputChars: 262_144,
  /** Characters, counted as JSON, of all values that one rendering puts into a structure. */
  valueChars: 1_048_576,
  /** Nesting of a value that a rendering puts into a structure or text. */
  valueDepth: 100,
  /** Units of work of one rendering: about 100 ns each. */
  work: 300_000,
} as const;

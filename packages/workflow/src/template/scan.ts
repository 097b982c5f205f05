import { templateLimits } from './limits.ts';

/** What is wrong with a source, and where. */
export interface TemplateFault {
  readonly message: string;
  /** Offset into the source, in UTF-16 units. */
  readonly offset?: number;
}

export interface TemplateScan {
  readonly fault: TemplateFault | null;
  /** How much work it is to parse the source: 1 for each tag and for every 16 characters in one, 2 for each parenthesis; about 20 µs each. */
  readonly weight: number;
}

/** Where a tag ends, and what it adds to the weight. */
interface ScannedTag {
  readonly end: number;
  readonly weight: number;
  readonly fault?: TemplateFault;
}

/**
 * Looks over a source before Handlebars parses it, in one pass. The parser takes time quadratic in nesting (16 kB of nested
 * parentheses: 2 s) and cannot be interrupted, so depth and number of tags are bounded here. The scanner follows the
 * lexer's states (escapes, comments, strings, `[…]` segments); where the lexer would stop with an error it stops too.
 */
export function scanTemplate(source: string): TemplateScan {
  const openBlocks: number[] = [];
  let weight = 0;
  let tags = 0;
  let position = 0;
  for (;;) {
    const open = source.indexOf('{{', position);
    if (open === -1) return { fault: null, weight };
    const backslashes = countBackslashes(source, open, position);
    if (backslashes === 1) {
      position = open + 2;
      continue;
    }
    tags += 1;
    const refuse = (message: string): TemplateScan => ({ fault: { message, offset: open }, weight });
    if (tags > templateLimits.tags) return refuse(`has more than ${templateLimits.tags} {{ }} tags`);
    if (source.startsWith('{{{{', open)) return refuse('raw blocks ({{{{ }}}}) are not available; write \\{{ for literal braces');
    const tag = scanTag(source, open);
    weight += tag.weight;
    if (tag.fault !== undefined) return { fault: tag.fault, weight };
    countBlocks(source.slice(open, Math.min(tag.end, open + 64)), openBlocks);
    if (openBlocks.reduce((sum, count) => sum + count, 0) > templateLimits.depth) {
      return refuse(`is nested more than ${templateLimits.depth} deep`);
    }
    position = tag.end;
  }
}

/** 0, 1 or 2 backslashes before a tag: one makes it text, two are an escaped backslash. */
function countBackslashes(source: string, open: number, from: number): number {
  if (open - 1 < from || source[open - 1] !== '\\') return 0;
  return open - 2 >= from && source[open - 2] === '\\' ? 2 : 1;
}

/** `{{#x`, `{{^x` go in; each `{{else x` goes one deeper; `{{/x` leaves the block with all its elses. */
function countBlocks(tag: string, openBlocks: number[]): void {
  if (/^\{\{~?(#|\^\s*[^\s~}])/.test(tag)) openBlocks.push(1);
  else if (/^\{\{~?\s*else\b\s*[^\s~}]/.test(tag) && openBlocks.length > 0) openBlocks.push((openBlocks.pop() ?? 0) + 1);
  else if (/^\{\{~?\//.test(tag)) openBlocks.pop();
}

const quoted: ReadonlyMap<string, RegExp> = new Map([
  ['"', /"(\\"|[^"])*"/y],
  ["'", /'(\\'|[^'])*'/y],
  ['[', /\[(\\\]|[^\]])*\]/y],
]);

function scanTag(source: string, open: number): ScannedTag {
  const comment = /\{\{~?!(--)?/y;
  comment.lastIndex = open;
  const start = comment.exec(source);
  if (start !== null) {
    const close = start[1] === undefined ? /\}\}/g : /--~?\}\}/g;
    close.lastIndex = open;
    return { end: close.exec(source) === null ? source.length : close.lastIndex, weight: 1 };
  }
  let parentheses = 0;
  let depth = 0;
  const at = (end: number): ScannedTag => ({ end, weight: 1 + parentheses * 2 + Math.floor((end - open) / 16) });
  for (let position = open + 2; position < source.length; position += 1) {
    const char = source[position] ?? '';
    if (char === '}') return at(position + (source.startsWith('}}}', position) ? 3 : 2));
    if (char === ')') depth -= 1;
    if (char === '(') {
      parentheses += 1;
      depth += 1;
      if (depth > templateLimits.depth) {
        return { ...at(position), fault: { message: `is nested more than ${templateLimits.depth} deep`, offset: position } };
      }
    }
    const pattern = quoted.get(char);
    if (pattern === undefined) continue;
    pattern.lastIndex = position;
    if (pattern.exec(source) === null) return at(source.length);
    position = pattern.lastIndex - 1;
  }
  return at(source.length);
}

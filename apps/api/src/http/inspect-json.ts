import { type Issue, jsonPointer } from '@orchestrator/contracts';

const maxDepth = 32;
const maxIssues = 1_000;

/** Text that PostgreSQL's jsonb cannot store: NUL or half of a surrogate pair. */
function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

export interface Inspection {
  readonly issues: readonly Issue[];
  /** Whether other code may walk the value: not too deep and without keys that reach prototypes. */
  readonly isSafe: boolean;
}

/**
 * Checks what no schema says: nesting of at most 32 levels (the outermost value is level 1), text that can be stored, no
 * `__proto__` key (`JSON.parse` makes it an ordinary field, but any later copy by assignment would not) and no number
 * beyond a double's range (`1e999` is parsed to Infinity).
 */
export function inspectJson(root: unknown): Inspection {
  const issues: Issue[] = [];
  let isSafe = true;
  const path: (string | number)[] = [];

  function report(code: string, message: string): void {
    if (issues.length < maxIssues) issues.push({ pointer: jsonPointer(path), code, message });
  }

  function visit(value: unknown, depth: number): void {
    if (typeof value === 'string') {
      if (!isStorableText(value)) report('invalid-text', 'text must not contain NUL characters or lone surrogates');
      return;
    }
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) report('invalid-number', 'number is too large');
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth > maxDepth) {
      isSafe = false;
      report('too-deep', `values may be nested at most ${maxDepth} levels deep`);
      return;
    }
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, inner] of entries) {
      path.push(key);
      if (key === '__proto__') {
        isSafe = false;
        report('forbidden-field', '__proto__ is not allowed as a field name');
      } else if (typeof key === 'string' && !isStorableText(key)) {
        report('invalid-text', 'a field name must not contain NUL characters or lone surrogates');
      }
      visit(inner, depth + 1);
      path.pop();
    }
  }

  visit(root, 1);
  return { issues, isSafe };
}

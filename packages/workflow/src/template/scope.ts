import type { JsonValue } from '@orchestrator/contracts';

/** What an expression can see. A root is asked for at most once per rendering or evaluation, and only if it is used. */
export interface TemplateScope {
  /** The value of a root such as `input` or a step id; undefined when there is none. */
  get(root: string): JsonValue | undefined;
}

/** A scope that remembers each root, for one rendering. */
export class CachedScope implements TemplateScope {
  readonly #scope: TemplateScope;
  readonly #roots = new Map<string, JsonValue | undefined>();

  constructor(scope: TemplateScope) {
    this.#scope = scope;
  }

  get(root: string): JsonValue | undefined {
    const known = this.#roots.get(root);
    if (known !== undefined || this.#roots.has(root)) return known;
    const value = this.#scope.get(root);
    this.#roots.set(root, value);
    return value;
  }
}

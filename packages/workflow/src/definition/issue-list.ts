import { type Issue, jsonPointer } from '@orchestrator/contracts';
import type { DocumentPath } from './document.ts';

/** More than these are not listed: nobody reads them, and a hostile document could make a million. */
const maxIssues = 200;

/** Collects broken rules, each once. */
export class IssueList {
  readonly #issues = new Map<string, Issue>();

  add(path: DocumentPath, code: string, message: string): void {
    if (this.#issues.size >= maxIssues) return;
    const pointer = jsonPointer(path);
    const key = `${pointer} ${code} ${message}`;
    if (!this.#issues.has(key)) this.#issues.set(key, { pointer, code, message });
  }

  has(path: DocumentPath, code: string): boolean {
    const pointer = jsonPointer(path);
    return [...this.#issues.values()].some((issue) => issue.pointer === pointer && issue.code === code);
  }

  get isEmpty(): boolean {
    return this.#issues.size === 0;
  }

  all(): readonly Issue[] {
    return [...this.#issues.values()];
  }
}

import type { JsonValue } from '@orchestrator/contracts';
import type { HelperName } from './helpers.ts';

/** Where a path starts. */
export type PathBase =
  /** A root of the scope. */
  | { readonly type: 'root' }
  /** In a block: the current item if it has the first part, else a root of the scope. */
  | { readonly type: 'item-or-root' }
  /** The item of the block that many `#each` or `#with` levels up; 0 is the innermost. */
  | { readonly type: 'item'; readonly up: number }
  /** A block parameter (`as |name|`): the item or the key of the block that many levels up. */
  | { readonly type: 'parameter'; readonly up: number; readonly which: 'item' | 'key' };

export interface PathNode {
  readonly type: 'path';
  readonly base: PathBase;
  readonly parts: readonly string[];
  /** As written, for messages. */
  readonly text: string;
}

export type ExpressionNode =
  | { readonly type: 'literal'; readonly value: JsonValue }
  | PathNode
  /** `@index`, `@key`, `@first`, `@last` of the innermost block. */
  | { readonly type: 'loop-variable'; readonly name: LoopVariable }
  | { readonly type: 'call'; readonly helper: HelperName; readonly parameters: readonly ExpressionNode[] };

export type LoopVariable = 'index' | 'key' | 'first' | 'last';

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'output'; readonly expression: ExpressionNode }
  | BlockNode;

export interface BlockNode {
  readonly type: 'if' | 'unless' | 'each' | 'with';
  readonly subject: ExpressionNode;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
}

/** A path that starts at a root of the scope for certain, for checks before any run. */
export interface PathReference {
  readonly parts: readonly string[];
  readonly offset: number;
}

/** A compiled template. Immutable. */
export interface Template {
  readonly source: string;
  readonly nodes: readonly TemplateNode[];
  /** The whole source is one tag without blocks or text around it: its value keeps its type. */
  readonly single: ExpressionNode | null;
  readonly references: readonly PathReference[];
}

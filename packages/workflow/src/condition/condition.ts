import type { JsonValue } from '@orchestrator/contracts';
import type { PathReference, Template } from '../template/nodes.ts';
import type { FunctionName } from './functions.ts';

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | 'in';
export type MacroName = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

/** One node of a checked condition. `text` is the source of the node, for messages. */
export type ConditionNode =
  | { readonly op: 'value'; readonly value: JsonValue }
  | { readonly op: 'root'; readonly name: string; readonly text: string }
  /** The variable of the macro around; macros aren't nested, so there is only one. */
  | { readonly op: 'item' }
  | { readonly op: 'member'; readonly object: ConditionNode; readonly key: ConditionNode; readonly text: string }
  | { readonly op: 'not' | 'negate'; readonly operand: ConditionNode }
  | { readonly op: 'and' | 'or'; readonly left: ConditionNode; readonly right: ConditionNode }
  | { readonly op: 'binary'; readonly operator: BinaryOperator; readonly left: ConditionNode; readonly right: ConditionNode }
  | { readonly op: 'choose'; readonly test: ConditionNode; readonly whenTrue: ConditionNode; readonly whenFalse: ConditionNode }
  | { readonly op: 'list'; readonly items: readonly ConditionNode[] }
  | { readonly op: 'map'; readonly entries: readonly (readonly [ConditionNode, ConditionNode])[] }
  | { readonly op: 'call'; readonly name: FunctionName; readonly parameters: readonly ConditionNode[] }
  | { readonly op: 'has'; readonly path: ConditionNode }
  | {
      readonly op: 'macro';
      readonly name: MacroName;
      readonly list: ConditionNode;
      /** Absent in the two-parameter `map`. */
      readonly test?: ConditionNode;
      /** Only in `map`. */
      readonly transform?: ConditionNode;
    };

/** A compiled condition. Immutable. */
export interface Condition {
  readonly source: string;
  /** A CEL expression, or a single `{{path}}`. */
  readonly body: { readonly type: 'cel'; readonly node: ConditionNode } | { readonly type: 'path'; readonly template: Template };
  readonly references: readonly PathReference[];
}

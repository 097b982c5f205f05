import { maxSteps } from '@orchestrator/contracts';

/** A document that may be anything, seen as far as it looks like a workflow: the checks after the structural one run on broken documents too. */
export type Fields = Readonly<Record<string, unknown>>;

export type DocumentPath = readonly (string | number)[];

/** One element of `steps`. */
export interface DocumentStep {
  /** Position in the document's `steps`. */
  readonly index: number;
  /** Null when it has none, or one that isn't a string. */
  readonly id: string | null;
  readonly fields: Fields;
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A field that is a string, else null. Only own fields count. */
export function textField(fields: Fields, key: string): string | null {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return typeof value === 'string' ? value : null;
}

export function hasField(fields: Fields, key: string): boolean {
  return Object.hasOwn(fields, key) && fields[key] !== undefined;
}

/** The steps as far as the language allows: those beyond `maxSteps` are reported elsewhere and not looked at. */
export function stepsOf(document: Fields): readonly DocumentStep[] {
  const steps: unknown = Object.hasOwn(document, 'steps') ? document.steps : undefined;
  if (!Array.isArray(steps)) return [];
  return steps.slice(0, maxSteps).map((step: unknown, index) => {
    const fields = fieldsOf(step);
    return { index, id: textField(fields, 'id'), fields };
  });
}

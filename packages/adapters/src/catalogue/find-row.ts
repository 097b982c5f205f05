import type { ModelRow } from './model-row.ts';

/** Vendors answer with a dated snapshot of the model they were asked for. */
const snapshotSuffix = /^-(?:\d{4}-\d{2}-\d{2}|\d{8})$/;

/** The catalogue row of a model id, also by alias and by dated snapshot; exact ids win. */
export function findRow(models: readonly ModelRow[], model: string): ModelRow | undefined {
  return (
    models.find((row) => row.model === model || row.aliases?.includes(model) === true) ??
    models.find((row) => model.startsWith(row.model) && snapshotSuffix.test(model.slice(row.model.length)))
  );
}

/** Users may name any model, so what is kept per model has an end. Far above the models that a deployment really uses. */
const mostEntries = 1_000;

/** Sets an entry and forgets the one that was first set when there are too many. */
export function setBounded<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size >= mostEntries && !map.has(key)) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(key, value);
}

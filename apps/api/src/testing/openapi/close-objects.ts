/**
 * The same schemas, in which objects have no fields but those that are described. Clients must expect more, as newer servers
 * may add some; a server must not send what its description lacks.
 */
export function closeObjects<T>(schemas: T): T {
  const text = JSON.stringify(schemas, (_key, node: unknown) => {
    const isOpenObject =
      typeof node === 'object' &&
      node !== null &&
      'type' in node &&
      node.type === 'object' &&
      'properties' in node &&
      !('additionalProperties' in node);
    return isOpenObject ? { ...node, additionalProperties: false } : node;
  });
  return JSON.parse(text) as T;
}

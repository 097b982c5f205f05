/** Reads `a, b,c`; empty items count as not there. */
export function listItems(list: string | undefined): string[] {
  return (list ?? '').split(',').flatMap((item) => item.trim() || []);
}

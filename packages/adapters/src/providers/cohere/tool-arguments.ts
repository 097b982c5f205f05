/** Calls of functions without parameters have the arguments `null`, or none. */
export function readArguments(text: string | null | undefined): string {
  return text && text.trim() !== 'null' ? text : '{}';
}

/** The same for arguments that come in pieces: holds back what may still become `null`. */
export function createArgumentsReader(): { push(delta: string): string; flush(): string } {
  let held: string | undefined = '';
  return {
    push(delta) {
      if (held === undefined) return delta;
      held += delta;
      if ('null'.startsWith(held.trim())) return '';
      const start = held;
      held = undefined;
      return start;
    },
    flush() {
      const rest = held === undefined ? '' : readArguments(held);
      held = undefined;
      return rest;
    },
  };
}

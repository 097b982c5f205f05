import { stripVTControlCharacters } from 'node:util';

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of a model or another user as a terminal may show it. Escape sequences could move the cursor, rename the window or write to
 * the clipboard, and marks of direction could show something else than is there.
 */
export function toPrintable(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replaceAll(controls, '');
}

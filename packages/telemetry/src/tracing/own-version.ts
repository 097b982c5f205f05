import { readFileSync } from 'node:fs';

/** Version of this package, which all packages share. The file is two folders up from the source and from what it is compiled to. */
export const ownVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

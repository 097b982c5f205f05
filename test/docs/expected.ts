import { expect } from 'vitest';

/** Fields whose value the documentation promises, not only their type. */
const exactFields: ReadonlySet<string> = new Set([
  'action',
  'code',
  'costBasis',
  'degraded',
  'finishReason',
  'kind',
  'level',
  'model',
  'msg',
  'name',
  'outcome',
  'pointer',
  'provider',
  'retryable',
  'status',
  'success',
  'title',
  'type',
  'valid',
  'version',
  'visit',
  'workflowName',
]);
const more = '…';

/**
 * Checks a real answer against the one in the documentation: the same fields and types, the same values where they
 * matter. In the documentation `…` at the end of a text stands for any rest, as the last item of a list for any more
 * items, as a field for any more fields.
 */
export function expectShape(actual: unknown, documented: unknown, at: string): void {
  if (documented === more) return;
  if (typeof documented === 'string' && typeof actual === 'string') {
    const field = at.slice(at.lastIndexOf('/') + 1);
    const shown = documented.split(more, 1)[0] ?? '';
    if (shown !== documented) expect(actual.startsWith(shown), `${at}: ${actual}`).toBe(true);
    else if (exactFields.has(field)) expect(actual, at).toBe(documented);
    return;
  }
  if (Array.isArray(documented)) return expectItems(actual, documented, at);
  if (typeof documented !== 'object' || documented === null) {
    expect(typeof actual, at).toBe(typeof documented);
    if (exactFields.has(at.slice(at.lastIndexOf('/') + 1))) expect(actual, at).toBe(documented);
    return;
  }
  expectFields(actual, documented as Readonly<Record<string, unknown>>, at);
}

function expectItems(actual: unknown, documented: readonly unknown[], at: string): void {
  if (!Array.isArray(actual)) throw new Error(`${at}: a list is documented, this came: ${JSON.stringify(actual)}`);
  const isOpen = documented.at(-1) === more;
  const items = isOpen ? documented.slice(0, -1) : documented;
  if (isOpen) expect(actual.length, at).toBeGreaterThanOrEqual(items.length);
  else expect(actual.length, at).toBe(items.length);
  for (const [index, item] of items.entries()) expectShape(actual[index], item, `${at}/${index}`);
}

function expectFields(actual: unknown, documented: Readonly<Record<string, unknown>>, at: string): void {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) {
    throw new Error(`${at}: an object is documented, this came: ${JSON.stringify(actual)}`);
  }
  const names = Object.keys(documented).filter((name) => name !== more);
  if (more in documented) expect(Object.keys(actual), at).toEqual(expect.arrayContaining(names));
  else expect(Object.keys(actual).toSorted(), at).toEqual(names.toSorted());
  for (const name of names) expectShape((actual as Record<string, unknown>)[name], documented[name], `${at}/${name}`);
}

/** The JSON in the output of a shell block: all of it, or its last line that starts like an object. */
export function jsonIn(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    const line = output
      .split('\n')
      .filter((each) => each.startsWith('{'))
      .at(-1);
    if (line === undefined) throw new Error(`no JSON in: ${output}`);
    return JSON.parse(line);
  }
}

/** Checks what a program printed: `…` stands for any rest of a line, alone on a line for any lines. */
export function expectText(actual: string, documented: string, at: string): void {
  const lines = documented
    .trim()
    .split('\n')
    .map((line) => (line.trim() === more ? '(?:.*\n)*?' : `${escapeAll(line.trimEnd())}\n`));
  expect(`${actual.trim().replaceAll(/ +$/gm, '')}\n`, at).toMatch(new RegExp(`^${lines.join('')}$`));
}

function escapeAll(line: string): string {
  return line
    .split(more)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
}

interface HttpMessage {
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parseHttp(text: string): HttpMessage {
  const [head = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n\n');
  const [statusLine = '', ...lines] = head.split('\n');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { statusLine, headers, body: rest.join('\n\n') };
}

/** Checks the output of `curl -i`: status line, the headers that are shown, and the body's shape. */
export function expectHttp(output: string, documented: string, at: string): void {
  const actual = parseHttp(output);
  const shown = parseHttp(documented);
  const withoutIds = (text: string | undefined) => text?.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
  expect(actual.statusLine, at).toBe(shown.statusLine);
  for (const [name, value] of shown.headers)
    expect(withoutIds(actual.headers.get(name)), `${at} ${name}`).toBe(withoutIds(value));
  if (shown.body.trim() !== '') expectShape(JSON.parse(actual.body), JSON.parse(shown.body), at);
}

/** The blocks of a stream of events: fields of one event each. */
function parseEvents(text: string): readonly ReadonlyMap<string, string>[] {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const fields = block
        .trim()
        .split('\n')
        .map((line): [string, string] => {
          const colon = line.indexOf(': ');
          return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
        });
      return new Map(fields);
    });
}

function expectEvent(actual: ReadonlyMap<string, string> | undefined, shown: ReadonlyMap<string, string>, at: string): void {
  if (actual === undefined) throw new Error(`${at}: the stream ended before ${JSON.stringify([...shown])}`);
  expect([...actual.keys()], at).toEqual([...shown.keys()]);
  for (const [name, value] of shown) {
    if (name === 'data') expectShape(JSON.parse(actual.get(name) ?? ''), JSON.parse(value), at);
    // Numbers depend on how many pieces an answer has.
    else if (name === 'id') expect(actual.get(name), at).toMatch(/^\d+-\d+$/);
    else expect(actual.get(name), at).toBe(value);
  }
}

/** Checks a stream of events: each that is shown, in order; a block `…` stands for any number of others. */
export function expectEvents(output: string, documented: string, at: string): void {
  const actual = [...parseEvents(output)];
  const shown = parseEvents(documented);
  for (const [index, event] of shown.entries()) {
    if (event.has(more)) continue;
    if (shown[index - 1]?.has(more) === true) {
      const found = actual.findIndex((each) => each.get('event') === event.get('event'));
      actual.splice(0, found === -1 ? actual.length : found);
    }
    expectEvent(actual.shift(), event, `${at}, event ${index + 1}`);
  }
  if (shown.at(-1)?.has(more) !== true) expect(actual, at).toEqual([]);
}

import { textWidth } from '../terminal/text-width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand at the right. @defaultValue left */
  readonly align?: 'left' | 'right';
  /** Colours, applied to the padded cell. */
  readonly paint?: (cell: string, row: Row) => string;
}

/** Rows as lines of columns that are as wide as their widest value, with two spaces between and none at the end. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  paintTitle: (title: string) => string,
): string {
  const cells = rows.map((row) => columns.map(({ value }) => value(row)));
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...cells.map((line) => textWidth(line[index] ?? ''))));
  const pad = (text: string, index: number): string => {
    const space = ' '.repeat((widths[index] ?? 0) - textWidth(text));
    if (columns[index]?.align === 'right') return space + text;
    return index === columns.length - 1 ? text : text + space;
  };
  const titles = columns.map(({ title }, index) => paintTitle(pad(title, index))).join('  ');
  const lines = rows.map((row, line) =>
    columns.map(({ paint }, index) => {
      const cell = pad(cells[line]?.[index] ?? '', index);
      return paint === undefined ? cell : paint(cell, row);
    }),
  );
  return [titles, ...lines.map((line) => line.join('  '))].join('\n');
}

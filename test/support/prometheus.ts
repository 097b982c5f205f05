import { getMetricsFromIterator } from 'prom2javascript';

type Labels = Readonly<Record<string, string>>;

/** One series; a histogram has buckets, count and sum instead of a value. */
interface Series {
  readonly labels: Labels;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
}

/** What one scrape of `/metrics` says. */
export interface Scrape {
  /** Names of all families, sorted. */
  readonly names: readonly string[];
  /** `counter`, `gauge`, `histogram`. */
  typeOf(name: string): string | undefined;
  helpOf(name: string): string | undefined;
  /** Of the series with all these labels: its value, or the number of observations of a histogram. Several add up; 0 when there is none. */
  value(name: string, labels?: Labels): number;
  /** Sum of the observations of a histogram. */
  sum(name: string, labels?: Labels): number;
  /** The values that a label has, sorted. */
  labelValues(name: string, label: string): readonly string[];
}

/** The parser knows no numbers that are none, which prom-client writes for a mean of nothing. */
const withoutNaN = /^\S+ Nan$/gm;

/** Parses the text format of Prometheus with a parser that is not ours. It throws on lines that it can't read. */
export async function parseScrape(text: string): Promise<Scrape> {
  const metrics = await getMetricsFromIterator(text.replaceAll(withoutNaN, '').split('\n').values());
  const seriesOf = (name: string, labels: Labels = {}) =>
    ((metrics[name]?.data ?? []) as readonly Series[]).filter((series) =>
      Object.entries(labels).every(([label, value]) => series.labels[label] === value),
    );
  return {
    names: Object.keys(metrics).sort(),
    typeOf: (name) => metrics[name]?.type,
    helpOf: (name) => metrics[name]?.help,
    value: (name, labels) => seriesOf(name, labels).reduce((total, { value, count }) => total + (value ?? count ?? 0), 0),
    sum: (name, labels) => seriesOf(name, labels).reduce((total, { sum }) => total + (sum ?? 0), 0),
    labelValues: (name, label) => [...new Set(seriesOf(name).flatMap(({ labels }) => labels[label] ?? []))].sort(),
  };
}

/** Scrapes as Prometheus would. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`);
  return await parseScrape(text);
}

import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts that somebody else keeps, by one label. */
export type Counts = Readonly<Record<string, number>>;

interface PulledSeries<Read> {
  readonly name: string;
  readonly help: string;
  /** Asked at each scrape. */
  readonly read: () => Read;
}

/** A counter that somebody else keeps. */
export function addCounter(registry: Registry, { name, help, read }: PulledSeries<number>): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** A counter per value of a label, all kept by somebody else. */
export function addCounterBy(registry: Registry, label: string, { name, help, read }: PulledSeries<Counts>): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
    },
  });
}

/** A figure that goes up and down. */
export function addGauge(registry: Registry, { name, help, read }: PulledSeries<number>): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

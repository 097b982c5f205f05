/** Units of work that an expression may still do; spending more than there is throws. */
export class WorkBudget {
  #left: number;
  readonly #exhausted: () => Error;

  /** @param exhausted - makes the error to throw */
  constructor(units: number, exhausted: () => Error) {
    this.#left = units;
    this.#exhausted = exhausted;
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw this.#exhausted();
  }

  /** Pays for one pass over a string. */
  spendChars(chars: number): void {
    this.spend(1 + Math.ceil(chars / 32));
  }
}

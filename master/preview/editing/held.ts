/** Things by name that take a while to make; those asked for longest ago go first, so that all together stay in a bound. */
export class Held<T extends Promise<unknown>> {
  private readonly things = new Map<string, { readonly thing: T; readonly weight: number }>();
  private weight = 0;

  constructor(private readonly weightMax: number) {}

  /** What is there by that name, or is made now. What fails is not held. */
  get(name: string, weight: number, make: () => T): T {
    const found = this.things.get(name);
    if (found !== undefined) {
      this.things.delete(name);
      this.things.set(name, found);
      return found.thing;
    }
    const made = { thing: make(), weight };
    this.things.set(name, made);
    this.weight += weight;
    made.thing.catch(() => this.things.get(name) === made && this.drop(name));
    for (const [oldest] of this.things) {
      if (this.weight <= this.weightMax || oldest === name) break;
      this.drop(oldest);
    }
    return made.thing;
  }

  private drop(name: string): void {
    this.weight -= this.things.get(name)!.weight;
    this.things.delete(name);
  }
}

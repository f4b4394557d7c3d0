/** Which of the jobs that are shown are chosen, to do something with all of them. */
import { computed, signal } from "@preact/signals";

export class Selection {
  private readonly chosen = signal<ReadonlySet<string>>(new Set());
  /** Every job that the filter takes, on this page or another. */
  readonly isAll = signal(false);
  readonly size = computed(() => this.chosen.value.size);
  readonly isEmpty = computed(() => !this.isAll.value && this.size.value === 0);
  /** Where a range begins. */
  private anchor: string | undefined;

  has(id: string): boolean {
    return this.isAll.value || this.chosen.value.has(id);
  }

  get ids(): readonly string[] {
    return [...this.chosen.value];
  }

  /**
   * Chooses a job, or no longer.
   *
   * @param shown the ids of the page, in their order
   * @param isRange everything from the job that was last toggled becomes what this one becomes
   */
  toggle(id: string, shown: readonly string[], { isRange = false } = {}): void {
    const before = this.isAll.value ? new Set(shown) : this.chosen.value;
    const chosen = new Set(before);
    const wanted = !before.has(id);
    const from = isRange && this.anchor !== undefined ? shown.indexOf(this.anchor) : -1;
    const to = shown.indexOf(id);
    const range = from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const each of range)
      if (wanted) chosen.add(each);
      else chosen.delete(each);
    this.anchor = id;
    this.isAll.value = false;
    this.chosen.value = chosen;
  }

  /** All of these, or none if they are chosen already. */
  togglePage(shown: readonly string[]): void {
    const all = shown.length > 0 && shown.every((id) => this.has(id));
    this.isAll.value = false;
    this.chosen.value = new Set(all ? [] : shown);
  }

  /** What is not shown any more is not chosen either: nobody sees what would be done with it. */
  keepOnly(shown: readonly string[]): void {
    const left = shown.filter((id) => this.chosen.value.has(id));
    if (left.length !== this.chosen.value.size) this.chosen.value = new Set(left);
  }

  clear(): void {
    this.anchor = undefined;
    this.isAll.value = false;
    if (this.chosen.value.size > 0) this.chosen.value = new Set();
  }
}

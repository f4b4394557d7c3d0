/**
 * Does `work` for each of the things that come, for so many at once, until there are no more or it says that there is
 * no point in going on. Resolves when nothing is under way any more.
 *
 * @throws what `work` or the things throw first
 */
export async function inTurn<T>(
  things: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (thing: T, place: number) => Promise<boolean>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const faults: unknown[] = [];
  let goOn = true;
  let place = 0;
  const one = async (thing: T, at: number) => {
    try {
      goOn = (await work(thing, at)) && goOn;
    } catch (thrown) {
      faults.push(thrown);
      goOn = false;
    }
  };
  try {
    for await (const thing of things) {
      const doing: Promise<void> = one(thing, place++).finally(() => running.delete(doing));
      running.add(doing);
      if (running.size >= atOnce) await Promise.race(running);
      if (!goOn) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (faults.length > 0) throw faults[0];
}

/** What is still there of what has changed, and what is gone. */
export function sorted<T>(ids: ReadonlySet<string>, find: (id: string) => T | undefined) {
  const found: T[] = [];
  const gone: string[] = [];
  for (const id of ids) {
    const each = find(id);
    if (each === undefined) gone.push(id);
    else found.push(each);
  }
  return { found, gone };
}

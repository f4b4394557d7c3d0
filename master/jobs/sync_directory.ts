import { open } from "node:fs/promises";

/** Makes a rename in this folder last: the folder itself is synced. */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { expect, test } from "bun:test";
import { readdirSync, watch } from "node:fs";
import { isFree } from "../../kafka/ports.ts";
import { inFolder } from "../support/folder.ts";
import { describeWithKafka } from "../support/on_kafka.ts";
import { lineWith, startScript } from "./processes.ts";

/** Resolves when nothing is left in a folder. */
async function empty(folder: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => readdirSync(folder).length === 0 && resolve();
  const watcher = watch(folder, look);
  look();
  await promise;
  watcher.close();
}

describeWithKafka("a Kafka for a test", () => {
  test("ends with the process that started it, even if that is killed, and leaves nothing behind", () =>
    inFolder(async (folder) => {
      const holder = startScript("test/kafka/holder.ts", [], { TMPDIR: folder });
      const port = Number((await lineWith("127.0.0.1:", holder)).split(":")[1]);
      expect(readdirSync(folder)).toHaveLength(1);
      holder.kill("SIGKILL");
      await empty(folder);
      expect(await isFree(port)).toBe(true);
    }));
});

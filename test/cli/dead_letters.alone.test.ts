import { expect, test } from "bun:test";
import { join } from "node:path";
import { Access } from "../../master/access/access.ts";
import { serve } from "../../master/http/server/serve.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import type { DeadLetterView } from "../../shared/api/dead_letter.ts";
import type { Stats } from "../../shared/api/stats.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { TileWorker } from "../../worker/worker.ts";
import { picture, spec, unowned } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { tessera } from "../support/tessera.ts";

describeOnKafka("tessera dead-letters on a real Kafka", ({ installation }) => {
  test("P8: a tile that fails each time is listed with its reason, and replayed once the reason is gone", async () => {
    const settings = await installation();
    const env = { TESSERA_KAFKA_BROKERS: settings.brokers[0]!, TESSERA_KAFKA_PREFIX: settings.prefix };
    const run = (...args: string[]) => tessera(["dead-letters", ...args], { env });
    expect(await run()).toMatchObject({ status: 0, out: "There are no dead letters.\n" });
    await inFolder(async (folder) => {
      const bus = await KafkaBus.connect({ settings });
      const limits = { ...DEFAULT_LIMITS, freeBytesMin: 0 };
      const own = { dir: join(folder, "master"), bus, buffers: new BufferPool(), threads: 2, limits };
      const ops = fingerprint();
      const master = new Master({ ...own, durable: false, leaseMs: 120_000, fingerprint: ops });
      const service = { hostname: "127.0.0.1", port: 0, corsOrigins: [], access: new Access() };
      const server = serve(master, { ...service, limits, durable: false });
      master.start();
      const failing = new URL("../engine/failing_thread.ts", import.meta.url);
      const start = (thread?: URL) => {
        const worker = new TileWorker({
          bus,
          buffers: own.buffers,
          threads: 1,
          fingerprint: ops,
          ...(thread && { thread }),
        });
        worker.start();
        return worker;
      };
      let worker = start(failing);
      try {
        const source = unowned(await picture(folder, spec(300, 200)));
        const { id } = await master.submit({ source, pipeline: "invert", tileSize: 128 });
        expect((await master.wait(id)).state).toBe("failed");
        const listed = JSON.parse((await run("--json")).out) as DeadLetterView[];
        expect(listed).toMatchObject([
          { job: id, stage: 0, tile: 0, attempts: 3, code: "tile_failed", workers: Array(3).fill(worker.id) },
        ]);
        expect(listed[0]!.message).toContain("Tile 0,0 of stage 0");
        expect((await run("list", "--limit", "1")).out).toContain(id);

        const { out } = await run("list", "--json", "--master", server.url);
        expect(JSON.parse(out)).toEqual([{ ...listed[0], replayable: true }]);
        const { bus: traffic } = (await (await fetch(`${server.url}/v1/stats`)).json()) as Stats;
        expect(traffic!.sent_bytes).toBeGreaterThan(0);
        expect(traffic!.received_bytes).toBeGreaterThan(0);
        expect((await fetch(`${server.url}/readyz`)).status).toBe(200);

        expect((await run("replay")).status).toBe(2);
        const unknown = await run("replay", "no-such-job", "--master", server.url);
        expect([unknown.status, unknown.out]).toEqual([1, "no-such-job  There is no such job.\n"]);

        await worker.stop();
        worker = start();
        const replayed = await run("replay", "--all", "--master", server.url, "--json");
        expect(JSON.parse(replayed.out)).toEqual([{ job: id, ok: true, text: "is tried again" }]);
        expect((await master.wait(id)).state).toBe("done");
        expect((await run("--master", server.url)).out).toBe("There are no dead letters.\n");
      } finally {
        await server.stop();
        await master.stop();
        await worker.stop();
        await bus.close();
      }
    });
  });
});

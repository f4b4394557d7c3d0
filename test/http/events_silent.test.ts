import { expect, test } from "bun:test";
import { CLOSE } from "../../shared/api/socket.ts";
import { TestClock } from "../engine/clock.ts";
import { picture, spec, turn, unowned, withBench } from "../engine/harness.ts";
import { as } from "./callers.ts";
import { EventReader } from "./event_reader.ts";
import { serveEvents } from "./event_server.ts";
import { SilentReader } from "./silent_reader.ts";

const JOBS = 100;
/** As many as a client may send at once. */
const ASKED = 200;

test("P5: who asks for much and reads nothing is sent no more than its socket takes, and is cut off", async () => {
  await withBench({}, async (bench) => {
    const clock = new TestClock();
    const server = serveEvents(bench, { clock });
    const source = unowned(await picture(bench.folder, spec(64, 64)));
    const labels = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`label-${i}`, "x".repeat(100)] as const),
    );
    const request = { source, pipeline: [], owner: "ann", labels };
    for (let n = 0; n < JOBS; n++) await bench.master.submit(request);
    const reader = await SilentReader.open(server.ws, as("ann", "read"));
    try {
      const snapshotBytes = JSON.stringify(bench.master.jobs(JOBS)).length;
      for (let n = 0; n < ASKED; n++) reader.say({ type: "subscribe", topic: "jobs" });
      // What it was told is behind what it asked: the server has heard it all once a later one is told.
      const other = new EventReader(server.ws, as("ann", "read"));
      await other.message("hello");
      for (let n = 0; n < 100; n++) await turn();
      other.close();
      bench.master.setPriority(bench.master.jobs(1)[0]!.id, 9);
      for (let seconds = 0; seconds < 60; seconds++) clock.pass(1000);
      const { bytes, tail } = await reader.read();
      expect(tail.readUInt16BE(tail.lastIndexOf("What is") - 2)).toBe(CLOSE.tooSlow);
      expect(bytes).toBeLessThan((ASKED * snapshotBytes) / 4);
    } finally {
      reader.close();
      await server.stop();
    }
  });
});

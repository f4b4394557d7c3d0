import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { inFolder, inLong } from "../engine/harness.ts";
import { uploadsIn } from "./edge.ts";

const MIB = 1 << 20;
const UPLOAD_MIB = inLong(512, 2048);
/** What Bun's buffers and garbage come to, on a machine that does other things too. */
const GROWTH_MIB_MAX = 90;

test(
  `P5: an upload of ${UPLOAD_MIB} MiB is not held in memory`,
  () =>
    inFolder(async (dir) => {
      const env = { ...process.env, TESSERA_DIR: dir, TESSERA_PORT: "0", TESSERA_THREADS: "1" };
      const main = join(import.meta.dir, "..", "..", "embedded", "main.ts");
      const child = Bun.spawn([process.execPath, main], { env, stdout: "pipe", stderr: "pipe" });
      try {
        const { value } = await child.stdout.getReader().read();
        const { hostname, port } = new URL(/http:\/\/[\d.:]+/.exec(new TextDecoder().decode(value))![0]);
        const highest = () =>
          Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) / 1024;
        const idle = highest();
        const socket = connect(Number(port), hostname);
        const length = UPLOAD_MIB * MIB;
        socket.write(
          `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/tiff\r\ncontent-length: ${length}\r\n\r\n`,
        );
        const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(`${data}`)));
        const chunk = Buffer.alloc(MIB);
        chunk.write("II*\0");
        for (let sent = 0; sent < length; sent += MIB)
          if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
        // Taken whole: only then is the header looked at, and there is no picture in it.
        expect(await answer).toContain("image_header_invalid");
        socket.destroy();
        const grown = highest() - idle;
        console.log(
          `at rest ${idle.toFixed(0)} MiB, ${grown.toFixed(0)} MiB more while ${UPLOAD_MIB} MiB came`,
        );
        expect(grown).toBeLessThan(GROWTH_MIB_MAX);
        expect(uploadsIn(dir)).toEqual([]);
      } finally {
        child.kill();
        await child.exited;
      }
    }),
  120_000,
);

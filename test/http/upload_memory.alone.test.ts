import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { inLong } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { uploadsIn } from "./edge.ts";

const MIB = 1 << 20;
const UPLOAD_MIB = inLong(512, 2048);
/** Of the whole process, since its start. */
const MEMORY_BYTES_MAX = 120e6;

const FORM_HEAD = '--b\r\ncontent-disposition: form-data; name="image"; filename="a.tif"\r\n\r\n';
const FORM_END = "\r\n--b--\r\n";

test.each([
  ["a body", "image/tiff", "", ""],
  ["a form", "multipart/form-data; boundary=b", FORM_HEAD, FORM_END],
])(
  `P5: ${UPLOAD_MIB} MiB in %s are not held in memory`,
  (_, type, head, end) =>
    inFolder(async (dir) => {
      const env = { ...process.env, TESSERA_DIR: dir, TESSERA_PORT: "0", TESSERA_THREADS: "1" };
      const main = join(import.meta.dir, "..", "..", "embedded", "main.ts");
      const child = Bun.spawn([process.execPath, main], { env, stdout: "pipe", stderr: "pipe" });
      try {
        const { value } = await child.stdout.getReader().read();
        const { hostname, port } = new URL(/http:\/\/[\d.:]+/.exec(new TextDecoder().decode(value))![0]);
        const highest = () =>
          Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) * 1024;
        const before = highest();
        const socket = connect(Number(port), hostname);
        const length = head.length + UPLOAD_MIB * MIB + end.length;
        socket.write(
          `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n${head}`,
        );
        const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(`${data}`)));
        const chunk = Buffer.alloc(MIB);
        chunk.write("II*\0");
        for (let sent = 0; sent < UPLOAD_MIB; sent++)
          if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
        socket.write(end);
        // Taken whole: only then is the header looked at, and there is no picture in it.
        expect(await answer).toContain("image_header_invalid");
        socket.destroy();
        const after = highest();
        console.log(`${(before / 1e6).toFixed(0)} MB before, at most ${(after / 1e6).toFixed(0)} MB`);
        expect(after).toBeLessThan(MEMORY_BYTES_MAX);
        expect(uploadsIn(dir)).toEqual([]);
      } finally {
        child.kill();
        await child.exited;
      }
    }),
  120_000,
);

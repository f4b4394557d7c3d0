import { afterEach, describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import {
  DEFAULT_OUTBOUND,
  Outbound,
  type OutboundOptions,
  type ResolvedAddress,
} from "../../master/outbound/outbound.ts";
import { codeOf } from "../support/code_of.ts";
import { answerOf, type RawServer, rawServer } from "./servers.ts";

const LOOPBACK: ResolvedAddress = { address: "127.0.0.1", family: 4 };
const PUBLIC: ResolvedAddress = { address: "93.184.215.14", family: 4 };
const LONG = { connectMs: 5000, idleMs: 5000, totalMs: 5000 };

const servers: RawServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

async function server(answer: (socket: Socket, head: string) => void): Promise<RawServer> {
  const started = await rawServer(answer);
  servers.push(started);
  return started;
}

/** May reach 127.0.0.1 on these servers' ports; every name stands for it. */
const outbound = (options: Partial<OutboundOptions> = {}): Outbound =>
  new Outbound({
    ...{ ...DEFAULT_OUTBOUND, ...LONG, allow: ["127.0.0.1"], ports: servers.map(({ port }) => port) },
    resolve: async () => [LOOPBACK],
    ...options,
  });

async function textOf(out: Outbound, url: string, signal?: AbortSignal): Promise<string> {
  const answer = await out.fetch(url, "ada", signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return `${answer.status} ${Buffer.concat(chunks)}`;
}

describe("fetching", () => {
  test("goes to the address that was checked, and says the name", async () => {
    const { port, heads } = await server((socket) => socket.end(answerOf("200 OK", {}, "hello")));
    expect(await textOf(outbound(), `http://images.example:${port}/a?b=c#d`)).toBe("200 hello");
    expect(heads[0]).toStartWith("GET /a?b=c HTTP/1.1\r\n");
    expect(heads[0]?.toLowerCase()).toContain(`\r\nhost: images.example:${port}\r\n`);
    expect(heads[0]?.toLowerCase()).not.toMatch(/cookie|authorization|referer/);
  });

  test("tries the next address when nobody answers at the first", async () => {
    const { port } = await server((socket) => socket.end(answerOf("200 OK", {}, "second")));
    const resolve = async () => [{ address: "127.0.0.2", family: 4 }, LOOPBACK];
    expect(await textOf(outbound({ resolve, allow: ["127.0.0.0/8"] }), `http://two.example:${port}`)).toBe(
      "200 second",
    );
  });

  test("follows redirects, also relative ones", async () => {
    const { port, heads } = await server((socket, head) => {
      const to = { "/1": "/2", "/2": `http://other.example:${port}/3` }[head.split(" ")[1]!];
      socket.end(
        to === undefined ? answerOf("200 OK", {}, "there") : answerOf("302 Found", { location: to }),
      );
    });
    const answer = await outbound().fetch(`http://images.example:${port}/1`, "ada");
    expect(answer.url.href).toBe(`http://other.example:${port}/3`);
    answer.close();
    expect(heads).toHaveLength(3);
  });

  test("P5: follows only a few", async () => {
    const { port, heads } = await server((socket) =>
      socket.end(answerOf("301 Moved", { location: "/again" })),
    );
    expect(await codeOf(outbound().fetch(`http://images.example:${port}`, "ada"))).toBe("source_unreachable");
    expect(heads).toHaveLength(6);
  });
});

describe("P7: refused before anything is sent", () => {
  const urls = [
    ...[
      "",
      "images.example",
      "file:///etc/passwd",
      "ftp://images.example/",
      "gopher://x/",
      "data:image/png,x",
    ],
    ...["http://user@images.example/", "http://:secret@images.example/", "http://images.example:22/"],
    ...[
      "http://127.0.0.1/",
      "http://127.1/",
      "http://2130706433/",
      "http://0x7f000001/",
      "http://0177.0.0.1/",
    ],
    ...["http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[fd00:ec2::254]/"],
    ...["http://169.254.169.254/latest/meta-data/", "http://0/", "http://１２７.0.0.1/", "http://10.0.0.1/"],
  ];
  test.each(urls)("%p", async (url) => {
    expect(await codeOf(new Outbound(DEFAULT_OUTBOUND).fetch(url, "ada"))).toBe("url_refused");
  });

  test("names that stand for such an address, even beside a public one", async () => {
    const { port, heads } = await server((socket) => socket.end(answerOf("200 OK", {}, "inside")));
    for (const addresses of [[LOOPBACK], [PUBLIC, LOOPBACK], [{ address: "::ffff:7f00:1", family: 6 }]]) {
      const out = outbound({ allow: [], resolve: async () => addresses });
      expect(await codeOf(out.fetch(`http://inside.example:${port}`, "ada"))).toBe("url_refused");
    }
    expect(await codeOf(outbound({ allow: [] }).post(`http://inside.example:${port}`, {}, ""))).toBe(
      "url_refused",
    );
    expect(heads).toEqual([]);
  });

  test("the system's own names for this machine", async () => {
    const { port } = await server((socket) => socket.end(answerOf("200 OK", {}, "inside")));
    const { resolve: _, ...system } = { ...DEFAULT_OUTBOUND, ports: [port] };
    for (const host of ["localhost", "localhost.", "LOCALHOST"])
      expect(await codeOf(new Outbound(system).fetch(`http://${host}:${port}/`, "ada"))).toBe("url_refused");
  });

  test("a redirect to such an address", async () => {
    const inside = await server((socket) => socket.end(answerOf("200 OK", {}, "inside")));
    const targets = [
      `http://localhost:${inside.port}/`,
      `http://127.0.0.2:${inside.port}/`,
      "file:///etc/passwd",
      `//169.254.169.254:${inside.port}/`,
      `http://inside.example:${inside.port}/`,
      `http://u:p@images.example:${inside.port}/`,
      "http://",
    ];
    const { port } = await server((socket, head) => {
      const location = targets[Number(head.split(" ")[1]!.slice(1))]!;
      socket.end(answerOf("302 Found", { location }));
    });
    const resolve = async (host: string) => [
      host === "images.example" ? LOOPBACK : { address: "127.0.0.3", family: 4 },
    ];
    for (const [i] of targets.entries())
      expect(await codeOf(outbound({ resolve }).fetch(`http://images.example:${port}/${i}`, "ada"))).toBe(
        "url_refused",
      );
    expect(inside.heads).toEqual([]);
  });

  test("a name that is rebound after it was checked: it is asked for once a connection", async () => {
    const { port, heads } = await server((socket, head) =>
      socket.end(
        head.startsWith("GET /1") ? answerOf("302 Found", { location: "/2" }) : answerOf("200 OK", {}),
      ),
    );
    const answers = [LOOPBACK, { address: "127.0.0.9", family: 4 }];
    let asked = 0;
    const resolve = async () => [answers[asked++ % 2]!];
    expect(await textOf(outbound({ resolve }), `http://rebound.example:${port}/`)).toBe("200 ");
    expect(asked).toBe(1);
    asked = 0;
    expect(await codeOf(outbound({ resolve }).fetch(`http://rebound.example:${port}/1`, "ada"))).toBe(
      "url_refused",
    );
    expect(heads).toHaveLength(2);
  });

  test("everything, once it is switched off", async () => {
    const out = new Outbound({ ...DEFAULT_OUTBOUND, enabled: false });
    expect(await codeOf(out.fetch("https://example.com/", "ada"))).toBe("outbound_off");
    expect(await codeOf(out.post("https://example.com/", {}, ""))).toBe("outbound_off");
  });
});

describe("servers that do not answer as they should", () => {
  const SWITCHING = answerOf("101 Switching Protocols", { connection: "upgrade", upgrade: "websocket" });
  const faults: [string, (socket: Socket) => void, RegExp][] = [
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH\r\n"), /HPE_/],
    ["nothing", (socket) => socket.end(), /ECONNRESET/],
    ["another protocol", (socket) => void socket.write(SWITCHING), /another protocol/],
    [
      "half of the body",
      (socket) => socket.end(answerOf("200 OK", { "content-length": "9" }, "half")),
      /ECONNRESET/,
    ],
    [
      "endless headers",
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(50_000)}`),
      /OVERFLOW/,
    ],
  ];
  test.each(faults)("%s", async (_, answer, detail) => {
    const { port } = await server(answer);
    const thrown = await textOf(outbound(), `http://images.example:${port}`).catch((error) => error);
    expect([thrown.code, thrown.detail]).toEqual(["source_unreachable", expect.stringMatching(detail)]);
  });

  test("a closed port, a name that nobody knows", async () => {
    const { port, stop } = await server(() => {});
    const out = outbound();
    stop();
    expect(await codeOf(out.fetch(`http://images.example:${port}`, "ada"))).toBe("source_unreachable");
    const unknown = outbound({ resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    expect(await codeOf(unknown.fetch(`http://unknown.example:${port}`, "ada"))).toBe("source_unreachable");
    const empty = outbound({ resolve: async () => [] });
    expect(await codeOf(empty.fetch(`http://empty.example:${port}`, "ada"))).toBe("source_unreachable");
  });

  test("P5: a body is read no quicker than it is taken, and no further", async () => {
    let sent = 0;
    const gone = Promise.withResolvers<void>();
    const { port } = await server((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = (error?: Error | null): void => {
        if (error || ++sent > 200) return;
        socket.write(Buffer.alloc(1 << 20), more);
      };
      socket.on("close", () => gone.resolve());
      more();
    });
    const answer = await outbound().fetch(`http://images.example:${port}`, "ada");
    let read = 0;
    for await (const chunk of answer.body) {
      read += chunk.length;
      if (read > 3 << 20) break;
    }
    await gone.promise;
    expect(sent).toBeLessThan(40);
  });
});

describe("P5: patience has an end", () => {
  const limit = (which: Partial<OutboundOptions>) => outbound({ ...LONG, ...which });
  const thrownBy = (work: Promise<unknown>) =>
    work.then(
      () => "nothing",
      ({ code, detail }) => `${code}: ${detail}`,
    );

  test("with a name that takes for ever", async () => {
    const { port } = await server(() => {});
    const out = limit({ connectMs: 20, resolve: () => new Promise(() => {}) });
    expect(await thrownBy(out.fetch(`http://a.example:${port}`, "ada"))).toMatch(
      /source_unreachable: .*connected/,
    );
  });

  test("with a server that says nothing", async () => {
    const { port } = await server(() => {});
    expect(await thrownBy(limit({ idleMs: 20 }).fetch(`http://a.example:${port}`, "ada"))).toMatch(/stopped/);
  });

  test("with a TLS handshake that does not end", async () => {
    const { port } = await server(() => {});
    expect(await thrownBy(limit({ connectMs: 50 }).fetch(`https://a.example:${port}`, "ada"))).toMatch(
      /connected/,
    );
  });

  test("with a body that stops in the middle", async () => {
    const { port } = await server((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nsome"));
    expect(await thrownBy(textOf(limit({ idleMs: 20 }), `http://a.example:${port}`))).toMatch(/stopped/);
  });

  test("with a body that drips for ever", async () => {
    const { port } = await server((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const drip = (error?: Error | null): void =>
        void (error || socket.write("x", (error) => setImmediate(drip, error)));
      drip();
    });
    expect(await thrownBy(textOf(limit({ totalMs: 50 }), `http://a.example:${port}`))).toMatch(
      /longer than 0.05 s/,
    );
  });

  test("when nobody waits for it any more", async () => {
    const { port } = await server((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nsome"));
    const leaving = new AbortController();
    const answer = await outbound().fetch(`http://a.example:${port}`, "ada", leaving.signal);
    const reading = answer.body[Symbol.asyncIterator]();
    await reading.next();
    const rest = reading.next();
    leaving.abort();
    expect(await codeOf(rest)).toBe("upload_interrupted");
    expect(await codeOf(outbound().fetch(`http://a.example:${port}`, "ada", AbortSignal.abort()))).toBe(
      "upload_interrupted",
    );
  });

  test("with many fetches at once: one more is refused, and taken once one has ended", async () => {
    const { port } = await server((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nsome"));
    const out = outbound();
    const url = `http://a.example:${port}`;
    const fetches = (owner: string) => Promise.all(Array.from({ length: 16 }, () => out.fetch(url, owner)));
    const open = await fetches("ada");
    expect(await codeOf(out.fetch(url, "ada"))).toBe("queue_full");
    open.push(...(await fetches("bob")));
    expect(await codeOf(out.fetch(url, "eve"))).toBe("queue_full");
    open[0]?.close();
    open[0]?.close();
    open.push(await out.fetch(url, "eve"));
    expect(await codeOf(out.fetch(url, "eve"))).toBe("queue_full");
    for (const answer of open) answer.close();
  });
});

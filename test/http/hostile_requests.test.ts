import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { isStreamed, type Route } from "../../shared/api/route.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { linesIn } from "../support/lines.ts";
import { checkAnswer } from "./answers.ts";
import { type Edge, edgeOf, expectProblem, sendRaw, uploadsIn } from "./edge.ts";

// Of broken and hostile files, decompression bombs among them, tell test/codecs/hostile.test.ts and
// refused_images.test.ts; of addresses to fetch from, fetch.test.ts.

const folder = mkdtempSync(join(tmpdir(), "tessera-hostile-"));
const routes = Object.entries(ROUTES as Readonly<Record<string, Route>>);
let bench: Bench;
let app: Edge;
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  bench = openBench(folder);
  app = edgeOf(bench);
  image = new Uint8Array(readFileSync(await picture(folder, spec(60, 50))));
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whatever is asked, it is the sender's fault, is told as a problem, and says nothing of our insides. */
async function expectRefused(response: Response, what: string): Promise<void> {
  const text = await response.text();
  const said = `${what}: ${response.status} ${text}`;
  expect(said).toMatch(/: 4\d\d /);
  expect(`${what}: ${response.headers.get("content-type")}`).toEndWith(": application/problem+json");
  expect(said).not.toMatch(/root:|\bat \w+ \(|node_modules|sqlite/i);
}

const HOSTILE_IDS = [
  ...[
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cboot.ini",
    "%2fetc%2fpasswd",
    "....//",
    "~",
    "file:%2f%2f",
  ],
  ...["%00", "a%00.png", "%0d%0aset-cookie:%20a=b", "%ff%fe", "%zz", "%", "%E2%82", "%F0%9F%92%A9"],
  ...["'%20OR%201=1--", "%25", "*", "$(id)", "`id`", "{{7*7}}", "__proto__", "constructor", "toString"],
  ...["-1", "0", "1e999", "NaN", "a".repeat(101), "a".repeat(8000)],
];

describe("P7: a path that leads elsewhere leads nowhere", () => {
  for (const [name, { method, path }] of routes) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([parameter]) => parameter);
    for (const parameter of names)
      test(`${name}, ${parameter}`, async () => {
        for (const id of HOSTILE_IDS) {
          const asked = path.replace(parameter, () => id).replaceAll(/\{\w+\}/g, "1");
          const body =
            method === "get" ? {} : { body: "{}", headers: { "content-type": "application/json" } };
          await expectRefused(await app.request(asked, { method: method.toUpperCase(), ...body }), asked);
        }
      });
  }
});

describe("P6: a query that is not what it should be", () => {
  for (const [name, { method, path, query }] of routes)
    test(name, async () => {
      const address = path.replaceAll(/\{\w+\}/g, "1");
      const known = Object.keys(query?.properties ?? {});
      const queries = [
        ...[
          "__proto__=1",
          "__proto__[admin]=1",
          "constructor=1",
          "hasOwnProperty=1",
          "%00=1",
          "x=1",
          "=1",
          "&&&y",
        ],
        ...["x=%ff", "x=%zz", "%=1", "a=%E2%82", "x".repeat(5000)],
        ...known.map((one) => `${one}=1&${one}=1`),
        ...known.map((one) => `${one}=%ff`),
        ...known.map((one) => `${one}[]=1`),
      ];
      for (const one of queries) {
        const asked = await app.request(`${address}?${one}`, { method: method.toUpperCase() });
        await expectProblem(asked, "request_invalid");
      }
    });
});

const NESTED = 100_000;
const HOSTILE_JSON: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  ...["", " ", "null", "1", '"x"', "[]", "{", "{}}", "{'a':1}", '{"a":1,}', "NaN", "\ufeff\ufeff{}"],
  ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}'],
  ...[
    '{"a":{"__proto__":{"polluted":true}}}',
    '[{"__proto__":null}]',
    '{"x":1e999}',
    '{"\\u0000":"\\u0000"}',
  ],
  ...["[".repeat(NESTED), '{"a":'.repeat(NESTED), `${"[".repeat(NESTED)}${"]".repeat(NESTED)}`],
  `{"x":"${"x".repeat(1 << 20)}"}`,
  new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  new Uint8Array(100),
];

describe("P6: JSON that is not what it should be", () => {
  const takers = routes.filter(
    ([, { body }]) => body !== undefined && (!isStreamed(body) || "application/json" in body.streamed),
  );

  for (const [name, { method, path }] of takers)
    test(name, async () => {
      const send = (body: string | Uint8Array<ArrayBuffer>, type = "application/json") =>
        app.request(path.replaceAll(/\{\w+\}/g, "1"), {
          method: method.toUpperCase(),
          ...{ body, headers: { "content-type": type } },
        });
      for (const [i, body] of HOSTILE_JSON.entries()) await expectRefused(await send(body), `${name} ${i}`);
      for (const type of ["text/plain", "application/xml", "application/json5", "a/b/c", ";"])
        await expectRefused(await send("{}", type), type);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      expect(uploadsIn(bench.dir)).toEqual([]);
    });

  test("is sent to at least three routes", () => {
    expect(takers.length).toBeGreaterThanOrEqual(3);
  });
});

describe("P6: headers that are not what they should be", () => {
  for (const [name, { method, path, headers }] of routes) {
    if (headers === undefined) continue;
    test(name, async () => {
      for (const header of Object.keys(headers.properties))
        for (const value of [
          "",
          " ",
          "x".repeat(9000),
          "\u00ff\u00fe",
          "%00",
          "__proto__",
          "-1",
          "1e999",
          '"',
          "\t",
        ]) {
          const asked = await app.request(path.replaceAll(/\{\w+\}/g, "1"), {
            ...{ method: method.toUpperCase(), headers: { [header]: value } },
          });
          expect(`${header}: ${value.slice(0, 20)}: ${asked.status}`).not.toMatch(/: 5\d\d$/);
          await asked.body?.cancel();
        }
    });
  }
});

describe("P5: pipelines without measure are refused, not computed", () => {
  const steps = Array.from({ length: 10_000 }, () => ({ op: "invert" }));
  test.each([
    ["10,000 steps as text", steps.map(({ op }) => op).join("|"), "pipeline_too_long"],
    ["10,000 steps as JSON", JSON.stringify(steps), "pipeline_too_long"],
    ["brackets in brackets", "[".repeat(20_000), "pipeline_syntax"],
    ["parentheses in parentheses", "blur(".repeat(10_000), "pipeline_syntax"],
    ["a number without end", `blur(sigma=${"9".repeat(20_000)})`, "pipeline_invalid"],
    ["a step that is everybody's parent", '[{"op":"__proto__"}]', "pipeline_invalid"],
    ["a step that every object has", '[{"op":"constructor"}]', "pipeline_invalid"],
    ["a parameter that is everybody's parent", '[{"op":"blur","__proto__":{"sigma":2}}]', "pipeline_invalid"],
  ] as const)("%s", async (_, pipeline, code) => {
    await expectProblem(await sendRaw(app, image, `?pipeline=${encodeURIComponent(pipeline)}`), code);
    const form = new FormData();
    form.append("pipeline", pipeline);
    form.append("image", new Blob([image]), "a.png");
    const { status } = await app.request("/v1/jobs", { method: "POST", body: form });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(uploadsIn(bench.dir)).toEqual([]);
  });
});

describe("P8: the log", () => {
  test.each(["text", "json"])("as %s has nothing that a sender wrote", async (format) => {
    const main = join(import.meta.dir, "..", "..", "embedded", "main.ts");
    const env = { TESSERA_DIR: join(folder, format), TESSERA_PORT: "0", TESSERA_LOG_FORMAT: format };
    const child = Bun.spawn([process.execPath, main], {
      env: { ...process.env, ...env, TESSERA_LOG_LEVEL: "debug" },
      ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
    const errors = child.stderr.text();
    let said = "";
    let asked = false;
    for await (const line of linesIn(child.stdout)) {
      said += `${line}\n`;
      const url = /http:\/\/[^\s"]+/.exec(line)?.[0];
      if (url === undefined || asked) continue;
      asked = true;
      const evil = "%0aFORGED%0d%0aFORGED%1b%5b31mFORGED%e2%80%a8FORGED";
      for (const path of [`/v1/jobs/${evil}`, `/${evil}`, `/v1/jobs?${evil}=1`, `/v1/jobs?text=${evil}`])
        await (await fetch(url + path)).body?.cancel();
      for (const query of [`name=${evil}`, `pipeline=${evil}`, `labels=a:${evil}`, `format=${evil}`]) {
        const headers = { "content-type": "image/png", "user-agent": "FORGED", "idempotency-key": "FORGED" };
        const sent = { method: "POST", body: image, headers };
        await (await fetch(`${url}/v1/jobs?${query}`, sent)).body?.cancel();
      }
      child.kill("SIGTERM");
    }
    said += await errors;
    expect(await child.exited).toBe(0);
    for (const character of ["\u001b", "\u2028", "\r"]) expect(said).not.toContain(character);
    expect(said).not.toContain("FORGED");
    expect(said.split("\n").length).toBeGreaterThan(3);
  });
});

describe("over a socket", () => {
  /** What the server says to these bytes, until it or we hang up; the first line of it. */
  async function firstLine(url: string, bytes: string): Promise<string> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const said = new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (text.includes("\r\n")) resolve(text.slice(0, text.indexOf("\r\n")));
      });
      socket.on("close", () => resolve(text));
      socket.on("error", () => resolve(text));
    });
    socket.write(bytes, "latin1");
    const line = await said;
    socket.destroy();
    return line;
  }

  test("P5: what is no request, or one without measure, is refused and the next one is served", async () => {
    const server = startServer({ threads: 1, checkAnswer });
    const host = "host: x\r\nconnection: close\r\n";
    const requests = [
      `GET /${"a".repeat(1 << 20)} HTTP/1.1\r\n${host}\r\n`,
      `GET /healthz HTTP/1.1\r\n${host}x: ${"a".repeat(1 << 20)}\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\n${host}${Array.from({ length: 5000 }, (_, i) => `x${i}: y\r\n`).join("")}\r\n`,
      `TRACE /healthz HTTP/1.1\r\n${host}\r\n`,
      `CONNECT x:443 HTTP/1.1\r\n${host}\r\n`,
      `BREW /healthz HTTP/1.1\r\n${host}\r\n`,
      `GET /v1/jobs/\x00\x01 HTTP/1.1\r\n${host}\r\n`,
      `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `GET /v1/jobs/../../etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `GET //etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `GET http://elsewhere/etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `POST /v1/jobs HTTP/1.1\r\n${host}content-length: -1\r\n\r\n`,
      `POST /v1/jobs HTTP/1.1\r\n${host}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /v1/jobs HTTP/1.1\r\n${host}content-type: image/png\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      "GET / HTTP/9.9\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ];
    try {
      for (const request of requests) {
        const line = await firstLine(server.url, request);
        expect(`${request.slice(0, 60)} → ${line}`).toMatch(/→ (HTTP\/1\.1 (4\d\d|501|505)|$)/);
        expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      }
    } finally {
      await server.stop();
    }
  });
});

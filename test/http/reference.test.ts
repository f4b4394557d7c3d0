import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { referencePage } from "../../master/http/reference/page.ts";
import { openApiDocument } from "../../shared/api/openapi/document.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { openBench } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { edgeOf } from "./edge.ts";

const document = openApiDocument();
const page = referencePage(document);

describe("the reference page", () => {
  test("has every operation and every schema, and all that it links to", () => {
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of Object.keys(ROUTES)) expect(ids).toContain(operation);
    for (const schema of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${schema}`);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target!);
  });

  test("is well formed, as a parser that is not ours finds", async () => {
    const open: string[] = [];
    const rewriter = new HTMLRewriter().on("*", {
      element(element) {
        if (["meta", "!doctype"].includes(element.tagName)) return;
        open.push(element.tagName);
        element.onEndTag(({ name }) => {
          expect(open.pop()).toBe(name);
        });
      },
    });
    expect(await rewriter.transform(new Response(page)).text()).toBe(page);
    expect(open).toEqual([]);
  });

  test("needs no script and nothing from elsewhere, and its policy allows neither", () =>
    inFolder(async (folder) => {
      expect(page).not.toMatch(
        /<script|javascript:|\son\w+=|style="|src=|@import|url\(|https?:\/\/(?!example)/i,
      );
      const bench = openBench(folder);
      const response = await edgeOf(bench).request("/docs");
      const style = /<style>([\s\S]*?)<\/style>/.exec(await response.text())![1]!;
      expect(response.headers.get("content-security-policy")).toBe(
        `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      await bench.master.stop();
    }));

  test("P7: shows what a text says, and is not changed by it", () => {
    const evil = `</code><script>alert("x")</script>&'`;
    const poisoned = JSON.parse(JSON.stringify(document), (name, held: unknown) =>
      ["description", "summary", "title"].includes(name) && typeof held === "string" ? evil : held,
    );
    const shown = referencePage(poisoned);
    expect(shown).not.toContain("<script");
    expect(shown).toContain("&lt;/code&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;");
  });

  test("shows commands that a shell takes apart as they are meant", () => {
    const commands = [...page.matchAll(/<pre>([^<]+)<\/pre>/g)].map(([, text]) =>
      text!
        .replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&"),
    );
    expect(commands.length).toBe(Object.keys(ROUTES).length);
    const script = commands.map((command) => `${command.replace(/^curl /, "words ")}\n`).join("");
    const { success, stdout } = Bun.spawnSync(
      ["bash", "-euc", `words() { printf '%s\\n' "$#"; }\n${script}`],
      {
        env: { TESSERA: "http://localhost", KEY: "key", ID: "1", DELIVERY: "2", ...process.env },
      },
    );
    expect(success).toBe(true);
    expect(stdout.toString().trim().split("\n")).toHaveLength(commands.length);
    expect(commands).toContain(
      `curl -X POST "$TESSERA/v1/jobs" -H "Authorization: Bearer $KEY" -F 'image=@photo.jpg' -F 'pipeline=blur(sigma=2)'`,
    );
    expect(commands).toContain('curl "$TESSERA/v1/jobs/$ID" -H "Authorization: Bearer $KEY"');
  });
});

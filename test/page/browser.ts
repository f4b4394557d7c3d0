/** A real Chromium in front of a real server. */
import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type ServerOptions, startServer } from "../../embedded/server.ts";
// Nobody looks at yesterday's page.
import "../../page/build.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a Chromium is; nothing where there is none. */
const CHROMIUM = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path));

const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Hosts that are not this machine by their names, and so no secure origins.
  "--host-resolver-rules=MAP *.example 127.0.0.1",
  // As root, as in containers, it has no sandbox of its own.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** On a busy machine a browser takes its time: what has not come by then will not come. */
const WAIT_MS = 60_000;
const LIMIT_MS = 180_000;

export interface Visit {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  readonly still?: boolean;
}

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser had to complain about. */
  readonly complaints: string[];
}

export interface Visited {
  readonly url: string;
  /** Where its jobs are: another server can go on with them once it has stopped. */
  readonly dir: string;
  stop(): Promise<void>;
}

/** A browser, and servers for it to visit; all of them end with it. */
export class Visits {
  readonly folder = mkdtempSync(join(tmpdir(), "tessera-page-"));
  private browser: Browser | undefined;
  private readonly visitors: Visitor[] = [];
  private readonly ends: (() => Promise<void>)[] = [];

  constructor() {
    setDefaultTimeout(LIMIT_MS);
  }

  /** A server with the embedded bus, on a free port. */
  serve(options: Partial<ServerOptions> = {}): Visited {
    const dir = options.dir ?? join(this.folder, `server-${this.ends.length}`);
    const server = startServer({ ...options, dir });
    let ended: Promise<void> | undefined;
    const stop = () => {
      ended ??= server.stop();
      return ended;
    };
    this.ends.push(stop);
    return { url: server.url, dir, stop };
  }

  /** Somebody who has not been there before. */
  async visit(url: string, { width = 1280, height = 800, scheme = "light", still = true }: Visit = {}) {
    if (CHROMIUM === undefined)
      throw new Error("There is no Chromium: install it, or say where in CHROMIUM.");
    this.browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    const context = await this.browser.newContext({
      baseURL: url,
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: still ? "reduce" : "no-preference",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(`${error.stack ?? error}`));
    const visitor = { page, context, complaints };
    this.visitors.push(visitor);
    return visitor;
  }

  /** What browsers complain about by themselves where a test has something refused: "status of 422". */
  forgive(pattern: RegExp): void {
    for (const { complaints } of this.visitors)
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !pattern.test(text)));
  }

  /** That no browser had anything to complain about since it was last asked. */
  expectNoComplaints(): void {
    expect(this.visitors.flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
  }

  /** That they had this one thing to complain about, as often as it may be: an answer that was to be refused. */
  expectComplaints(what: RegExp): void {
    const found = this.visitors.flatMap(({ complaints }) => complaints.splice(0));
    expect(found.filter((complaint) => !what.test(complaint))).toEqual([]);
    expect(found).not.toBeEmpty();
  }

  async end(): Promise<void> {
    await this.browser?.close();
    for (const stop of this.ends) await stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** That everybody can use what is shown: the rules of WCAG 2.2 A and AA that a program can check. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  await page.evaluate(comeToRest);
  const found = await page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await checker.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
    );
  });
  expect(found).toEqual([]);
}

/** Resolves when nothing on the page is on its way to another colour or place. */
async function comeToRest(): Promise<void> {
  const passing = document
    .getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
  await Promise.allSettled(passing.map(({ finished }) => finished));
}

import { afterEach, describe, expect, test } from "bun:test";
import { type ClientCredentials, clientCredentials } from "../../shared/bus/kafka/oauth.ts";
import { isRetryable, TesseraError } from "../../shared/errors.ts";

type Answer = (request: Request) => Response | Promise<Response>;

const servers: { stop(now: boolean): Promise<void> }[] = [];

/** A client of a token server that answers so. */
function clientOf(answer: Answer, changes: Partial<ClientCredentials> = {}): ClientCredentials {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  servers.push(server);
  return { url: new URL("/token", server.url).href, clientId: "tessera", clientSecret: "s", ...changes };
}

const faultOf = async (token: () => Promise<string>): Promise<TesseraError> => {
  const fault = await token().catch((error: unknown) => error);
  if (fault instanceof TesseraError) return fault;
  throw new Error(`No fault: ${fault}`);
};

describe("a token server", () => {
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop(true)));
  });

  test("is asked as RFC 6749 has it", async () => {
    let asked: { method: string; authorization: string | null; form: string } | undefined;
    const answer: Answer = async (request) => {
      const { method, headers } = request;
      asked = { method, authorization: headers.get("authorization"), form: await request.text() };
      return Response.json({ access_token: "t.o-k_e~n", token_type: "Bearer", expires_in: 300 });
    };
    const odd = { clientId: "a:b", clientSecret: "100 % ü", scope: "kafka bus", audience: "kafka" };
    expect(await clientCredentials(clientOf(answer, odd))()).toBe("t.o-k_e~n");
    expect(asked).toEqual({
      method: "POST",
      authorization: `Basic ${btoa("a%3Ab:100+%25+%C3%BC")}`,
      form: "grant_type=client_credentials&scope=kafka+bus&audience=kafka",
    });
  });

  test.each([
    [300, 270],
    [40, 20],
    [undefined, 30],
  ])(
    "is asked again before the token's end: one that lives %p s after %p s",
    async (expires_in, renewedAtS) => {
      let asked = 0;
      let nowMs = 1_700_000_000_000;
      const answer = () => Response.json({ access_token: `token-${++asked}`, expires_in });
      const token = clientCredentials(clientOf(answer), () => nowMs);
      expect(await Promise.all([token(), token(), token()])).toEqual(["token-1", "token-1", "token-1"]);
      nowMs += renewedAtS * 1000 - 1;
      expect(await token()).toBe("token-1");
      nowMs += 1;
      expect(await token()).toBe("token-2");
    },
  );

  test("that refuses the client is quoted, printably and in short", async () => {
    const said = { error: "invalid_client", error_description: `no\nsuch ${"x".repeat(500)}` };
    const fault = await faultOf(clientCredentials(clientOf(() => Response.json(said, { status: 401 }))));
    expect(fault.code).toBe("bus_token_refused");
    expect(fault.detail).toStartWith("It answers with status 401: invalid_client, no?such xxx");
    expect(fault.detail.length).toBeLessThan(250);
  });

  test("that fails is asked again, and what failed is not kept", async () => {
    let asked = 0;
    const token = clientCredentials(
      clientOf(() =>
        ++asked === 1 ? new Response("", { status: 503 }) : Response.json({ access_token: "t" }),
      ),
    );
    const fault = await faultOf(token);
    expect(fault).toMatchObject({ code: "bus_token_unavailable", detail: "It answers with status 503." });
    expect(isRetryable(fault.code)).toBe(true);
    expect(await token()).toBe("t");
  });

  test("that is not there is called that", async () => {
    const client = clientOf(() => new Response());
    await servers.pop()!.stop(true);
    expect((await faultOf(clientCredentials(client))).code).toBe("bus_token_unavailable");
  });

  test.each([
    ["a page", () => new Response("<html>")],
    ["no token", () => Response.json({})],
    ["another kind of token", () => Response.json({ access_token: "t", token_type: "mac" })],
    ["a token that has ended", () => Response.json({ access_token: "t", expires_in: 0 })],
  ])("that gives %s gives no token", async (_, answer) => {
    expect((await faultOf(clientCredentials(clientOf(answer)))).code).toBe("bus_token_refused");
  });

  test("P5: an answer without an end is read no further than it could be one", async () => {
    const { promise: hungUp, resolve } = Promise.withResolvers<void>();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)),
      cancel: () => resolve(),
    });
    const fault = await faultOf(clientCredentials(clientOf(() => new Response(endless))));
    expect(fault).toMatchObject({ code: "bus_token_refused", detail: "Its answer is too long." });
    await hungUp;
  });

  test("P7: the secret goes to the address that was given, and there only", async () => {
    const hits: string[] = [];
    const thief = clientOf((request) => {
      hits.push(request.url);
      return Response.json({ access_token: "t" });
    });
    const fault = await faultOf(clientCredentials(clientOf(() => Response.redirect(thief.url, 307))));
    expect(fault).toMatchObject({ code: "bus_token_refused", detail: "It answers with status 307." });
    expect(hits).toEqual([]);
    for (const url of ["http://tokens.example/", "ftp://127.0.0.1/", "tokens"])
      expect(() => clientCredentials({ ...thief, url })).toThrow("must be an https:// URL");
  });
});

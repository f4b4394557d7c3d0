import { describe, expect, test } from "bun:test";
import type { ClientCertificate } from "../../kafka/certificates.ts";
import { BROKER_NAME, USERS } from "../../kafka/security.ts";
import type { Claims } from "../../kafka/tokens.ts";
import type { KafkaSettings, SaslSettings, TlsSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { clientCredentials } from "../../shared/bus/kafka/oauth.ts";
import type { TesseraError } from "../../shared/errors.ts";
import { inLong } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { cutLogins } from "./cut_logins.ts";
import { countdown, packedTask, task } from "./tasks.ts";

type User = keyof typeof USERS;
type Password = Exclude<SaslSettings["mechanism"], "oauthbearer">;

const passwordOf = (user: User, mechanism: Password = "scram-sha-512"): SaslSettings => ({
  mechanism,
  username: user,
  password: USERS[user],
});

/** One task there and back. */
async function serves(settings: KafkaSettings): Promise<void> {
  const bus = await KafkaBus.connect({ settings });
  try {
    const served = countdown(1);
    bus.subscribe("tasks", 1, async () => served.hit());
    await bus.publish("tasks", packedTask(task(1)));
    await served.done;
  } finally {
    await bus.close();
  }
}

const NOTHING = "nothing is wrong";

const codeOf = (settings: KafkaSettings): Promise<string> =>
  KafkaBus.connect({ settings }).then(
    async (bus) => {
      await bus.close();
      return NOTHING;
    },
    (error: TesseraError) => error.code,
  );

describeOnKafka(
  "a Kafka that lets nobody in unknown",
  ({ broker, installation }) => {
    const secure = () => broker().secure!;

    /** By the listener that wants TLS and a login. */
    async function loginAs(sasl: SaslSettings | undefined, tls: TlsSettings = {}): Promise<KafkaSettings> {
      const { prefix = "" } = await installation();
      const { login, ca } = secure();
      return { brokers: login, prefix, tls: { ca, ...tls }, ...(sasl && { sasl }) };
    }
    const tokenOf = (claims: Partial<Claims> = {}): SaslSettings => ({
      mechanism: "oauthbearer",
      token: () => secure().token({ sub: "owner", ...claims }),
    });

    describe("by a login", () => {
      test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
        "serves who has a password: %s",
        async (mechanism) => serves(await loginAs(passwordOf("owner", mechanism))),
      );

      test("serves who has a token", async () => serves(await loginAs(tokenOf())));

      test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
        "calls a wrong password that: %s",
        async (mechanism) => {
          const settings = await loginAs({ mechanism, username: "owner", password: "guessed" });
          expect(await codeOf(settings)).toBe("bus_login_refused");
        },
      );

      const past = () => Math.floor(Date.now() / 1000) - 3600;
      test.each([
        ["that has expired", () => tokenOf({ exp: past() })],
        ["for somebody else", () => tokenOf({ aud: "another" })],
        ["of a stranger", () => tokenOf({ iss: "another" })],
        ["that is none", () => ({ mechanism: "oauthbearer", token: async () => "abc" }) as const],
      ] as const)("refuses a token %s", async (_, sasl) => {
        expect(await codeOf(await loginAs(sasl()))).toBe("bus_login_refused");
      });

      test("gets its tokens from a token server, a new one before the old one ends", async () => {
        let tokens = 0;
        const server = Bun.serve({
          port: 0,
          hostname: "127.0.0.1",
          async fetch() {
            tokens++;
            const exp = Math.floor(Date.now() / 1000) + TOKEN_S;
            return Response.json({
              access_token: await secure().token({ sub: "owner", exp }),
              expires_in: TOKEN_S,
            });
          },
        });
        const token = clientCredentials({
          url: server.url.href,
          clientId: "tessera",
          clientSecret: "secret",
        });
        const bus = await KafkaBus.connect({ settings: await loginAs({ mechanism: "oauthbearer", token }) });
        try {
          const untilMs = Date.now() + inLong(0, 2 * TOKEN_S * 1000);
          const seen = new Set<number>();
          let served = countdown(1);
          bus.subscribe("tasks", 1, async ({ tile }) => {
            seen.add(tile);
            served.hit();
          });
          let tile = 0;
          do {
            served = countdown(1);
            await bus.publish("tasks", packedTask(task(tile++ % 256)));
            await served.done;
          } while (Date.now() < untilMs);
          expect(tokens).toBeGreaterThanOrEqual(inLong(1, 2));
        } finally {
          await bus.close();
          await server.stop(true);
        }
      });

      test("a token server that is not there is called that", async () => {
        const token = clientCredentials({
          url: "http://127.0.0.1:1",
          clientId: "tessera",
          clientSecret: "secret",
        });
        expect(await codeOf(await loginAs({ mechanism: "oauthbearer", token }))).toBe(
          "bus_token_unavailable",
        );
      });

      test.each(["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"] as const)(
        "P3: a connection that breaks in mid-login is none that was refused: %s",
        async (mechanism) => {
          const { login, ca, broker: certificate } = secure();
          const sasl = mechanism === "oauthbearer" ? tokenOf() : passwordOf("owner", mechanism);
          const { prefix = "" } = await installation();
          for (const cuts of [2, Number.POSITIVE_INFINITY]) {
            const between = await cutLogins({ address: login[0]!, ca, ...certificate }, cuts);
            const code = await codeOf({ brokers: [between.address], prefix, tls: { ca }, sasl });
            expect(code).toBe(cuts === 2 ? NOTHING : "bus_unreachable");
            await between.stop();
          }
        },
      );

      test("refuses who shows no login, and who shows one where none is taken", async () => {
        expect(await codeOf(await loginAs(undefined))).toBe("bus_unreachable");
        const { brokers } = await installation();
        expect(await codeOf({ brokers, sasl: passwordOf("owner") })).toBe("bus_login_refused");
      });
    });

    describe("by TLS", () => {
      test("a certificate that nobody vouches for is called that", async () => {
        const { ca, ...settings } = { ca: undefined, ...(await loginAs(passwordOf("owner"))) };
        expect(await codeOf({ ...settings, tls: {} })).toBe("bus_certificate_untrusted");
        expect(await codeOf({ ...settings, tls: { ca: secure().forged.ca } })).toBe(
          "bus_certificate_untrusted",
        );
      });

      test("a certificate for another host is called that", async () => {
        const other = await loginAs(passwordOf("owner"), { servername: "another.test" });
        expect(await codeOf(other)).toBe("bus_certificate_untrusted");
        await serves(await loginAs(passwordOf("owner"), { servername: BROKER_NAME }));
      });

      test("who does not speak TLS gets no connection, nor who speaks it where it is not spoken", async () => {
        const { tls, ...plain } = await loginAs(passwordOf("owner"));
        expect(await codeOf(plain)).toBe("bus_unreachable");
        const { brokers } = await installation();
        expect(await codeOf({ brokers, ...(tls && { tls }) })).toBe("bus_unreachable");
      });
    });

    describe("by certificates on both sides", () => {
      async function showing(certificate: Partial<ClientCertificate>): Promise<KafkaSettings> {
        const { prefix = "" } = await installation();
        const { mutual, ca } = secure();
        return { brokers: mutual, prefix, tls: { ca, ...certificate } };
      }

      test("serves who shows one that it trusts", async () => {
        const { cert, key } = secure().worker;
        await serves(await showing({ cert, key }));
      });

      test("refuses who shows none, or a stranger's, and says which side is not trusted", async () => {
        const { cert, key } = secure().forged;
        expect(await codeOf(await showing({}))).toBe("bus_client_certificate_refused");
        expect(await codeOf(await showing({ cert, key }))).toBe("bus_client_certificate_refused");
      });

      test("a certificate without its key is a mistake in the configuration", async () => {
        const { cert } = secure().worker;
        const { key } = secure().forged;
        for (const wrong of [{ cert }, { key }, { cert, key }, { cert: "no PEM", key }])
          expect(await codeOf(await showing(wrong))).toBe("config_invalid");
        expect(await codeOf({ ...(await showing({})), tls: { ca: "no PEM" } })).toBe("config_invalid");
      });
    });
  },
  { secured: true },
);

/** So short a life that a test can see two, and long beside `LOGIN_ANEW_MS`. */
const TOKEN_S = 14;

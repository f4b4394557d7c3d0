import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

export const AUDIENCE = "https://tessera.example";

export interface RunningProvider {
  readonly issuer: string;
  /** An access token by client credentials, for these scopes. */
  token(scope: string): Promise<string>;
  stop(): Promise<void>;
}

const CLIENT = { id: "camera", secret: "the secret of a test's camera" };

/** A real OpenID provider on a free port, which gives a client JWTs for our audience. */
export async function startProvider(): Promise<RunningProvider> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "of-the-test" };
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [], response_types: [] },
        grant_types: ["client_credentials"],
      },
    ],
    jwks: { keys: [key as never] },
    scopes: ["submit", "read", "operate", "admin", "weather"],
    cookies: { keys: ["not used"] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "submit read operate admin weather",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));
  return {
    issuer,
    async token(scope) {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: {
          authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}`,
        },
        body: new URLSearchParams({ grant_type: "client_credentials", scope, resource: AUDIENCE }),
      });
      const { access_token, ...rest } = (await response.json()) as { access_token?: string };
      if (access_token === undefined) throw new Error(`no token: ${JSON.stringify(rest)}`);
      return access_token;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

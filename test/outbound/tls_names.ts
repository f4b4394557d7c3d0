/** Asks a server by TLS under each name that it is given, and prints what came of it. */
import { DEFAULT_OUTBOUND, Outbound } from "../../master/outbound/outbound.ts";

const [port, ...names] = process.argv.slice(2);
const outbound = new Outbound({
  ...{ ...DEFAULT_OUTBOUND, allow: ["127.0.0.1"], ports: [Number(port)] },
  resolve: async () => [{ address: "127.0.0.1", family: 4 }],
});
for (const name of names)
  try {
    const answer = await outbound.fetch(`https://${name}:${port}/`, "ada");
    answer.close();
    console.log(answer.status);
  } catch (thrown) {
    console.log((thrown as { detail: string }).detail);
  }

import { effectiveSettings, loadSettings } from "../../shared/config/load.ts";
import { asTesseraError } from "../../shared/errors.ts";
import { connect, type RemoteOptions } from "../remote.ts";
import { type Finding, ok, skipped, wrong } from "./finding.ts";

interface Options extends RemoteOptions {
  readonly kafka?: boolean;
}

/** Looks at everything, and gives each finding as it comes. */
export async function* examine(options: Options): AsyncGenerator<Finding> {
  const configuration = readConfiguration();
  yield* configuration.findings;
  const { settings } = configuration;
  if (settings === undefined) {
    yield skipped("rest", "The rest depends on the settings.");
    return;
  }
  const { checkMachine } = await import("./machine.ts");
  yield* checkMachine(settings);
  const { checkFolder } = await import("./folder.ts");
  yield* checkFolder(settings);
  if (options.kafka || configuration.set.some((name) => name.startsWith("kafka."))) {
    const { checkKafka } = await import("./kafka.ts");
    yield* await checkKafka(settings);
  } else
    yield skipped("kafka", "Nothing is set for it, and one machine needs none; --kafka looks all the same.");
  const { checkMaster } = await import("./master.ts");
  yield* await checkMaster({
    client: await connect(options),
    hasKey: settings.client.key !== undefined,
    chosen: options.master !== undefined || configuration.set.includes("client.master"),
  });
}

function readConfiguration() {
  try {
    const all = effectiveSettings();
    const set = all.filter(({ origin }) => origin.kind !== "default").map(({ setting }) => setting.name);
    const which = set.length === 0 ? "all by default" : `set: ${set.join(", ")}`;
    return {
      settings: loadSettings(),
      set,
      findings: [ok("configuration", `${all.length} settings, ${which}.`)],
    };
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    if (code !== "config_invalid") throw thrown;
    const [, ...mistakes] = message.split("\n- ");
    const advice = "docs/configuration.md tells what each setting may be.";
    return {
      settings: undefined,
      set: [],
      findings: mistakes.map((it) => wrong("configuration", it, advice)),
    };
  }
}

import type { Command } from "commander";
import { connect, type RemoteOptions, withMaster } from "../remote.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera webhooks secret --master https://tessera.example.com
  $ WEBHOOK_SECRET=$(tessera webhooks secret) bun receiver.ts

Every owner has a secret of their own, and your key shows yours: it takes the scope operate. Keep it where the receiver
of your webhooks runs, and nowhere else.`;

export function addWebhooks(program: Command): void {
  const webhooks = program
    .command("webhooks")
    .summary("show the secret that signs your webhooks")
    .description("What receivers of your webhooks need.")
    .addHelpText("after", EXAMPLES);
  withMaster(webhooks.command("secret"))
    .description("Prints the secret by which a receiver can tell that a webhook is from the master.")
    .option("--json", "an object, with the owner")
    .action(async (options: RemoteOptions) => {
      const found = await (await connect(options)).getWebhookSecret();
      if (options.json) printJson(found);
      else process.stdout.write(`${found.secret}\n`);
    });
}

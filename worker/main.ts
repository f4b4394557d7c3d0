/** `bun run worker`: computes tiles for the masters that share its Kafka, until it is told to stop. */
import { runService } from "../shared/service.ts";
import { startWorker } from "./start.ts";

await runService(() => startWorker());

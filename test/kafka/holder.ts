/** A process that has a Kafka, for a test to kill. It says the Kafka's address. */
import { startKafka } from "../../kafka/cluster.ts";

const { address } = await startKafka();
console.log(address);

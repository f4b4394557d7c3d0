import type { Admin } from "kafkajs";
import { BRISK, type KafkaSettings, kafkaClient } from "./client.ts";
import { busFault } from "./faults.ts";

/** Lends a connection to Kafka's administration. @throws what Kafka says, in our own codes */
export async function withAdmin<R>(settings: KafkaSettings, body: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = kafkaClient(settings, BRISK).admin();
  try {
    await admin.connect();
    return await body(admin);
  } catch (thrown) {
    throw busFault(thrown, "bus_request_refused");
  } finally {
    await admin.disconnect();
  }
}

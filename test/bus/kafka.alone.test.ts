import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { busConformance } from "./conformance.ts";

describeOnKafka("on a real Kafka", ({ installation }) => {
  busConformance("kafka", { topicsFill: false }, async (bound) =>
    KafkaBus.connect({ settings: await installation(), sendsAtOnce: bound }),
  );
});

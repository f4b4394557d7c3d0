import { MemoryBus } from "../../shared/bus/memory.ts";
import { busConformance } from "./conformance.ts";

busConformance("memory", { topicsFill: true }, (bound) => new MemoryBus(bound));

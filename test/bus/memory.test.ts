import { MemoryBus } from "../../shared/bus/memory.ts";
import { busConformance } from "./conformance.ts";

busConformance("memory", (bound) => new MemoryBus(bound));

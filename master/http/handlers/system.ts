import type { SYSTEM } from "../../../shared/api/routes/system.ts";
import { describeOps } from "../../../shared/ops/describe.ts";
import type { Handlers } from "../route_call.ts";

export const systemHandlers = (): Handlers<typeof SYSTEM> => ({
  isAlive: () => ({ status: "ok" }),
  listTransforms: () => describeOps(),
});

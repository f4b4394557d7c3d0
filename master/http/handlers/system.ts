import { openApiDocument } from "../../../shared/api/openapi/document.ts";
import type { SYSTEM } from "../../../shared/api/routes/system.ts";
import { describeOps } from "../../../shared/ops/describe.ts";
import { fixed } from "../etag.ts";
import type { Handlers } from "../route_call.ts";

export function systemHandlers(): Handlers<typeof SYSTEM> {
  const openApi = fixed(JSON.stringify(openApiDocument()), "application/json");
  return {
    isAlive: () => ({ status: "ok" }),
    getOpenApi: ({ request }) => openApi(request),
    listTransforms: () => describeOps(),
  };
}

import { openApiDocument } from "../../../shared/api/openapi/document.ts";
import type { SYSTEM } from "../../../shared/api/routes/system.ts";
import { describeOps } from "../../../shared/ops/describe.ts";
import type { Master } from "../../master.ts";
import { statsOf } from "../../stats.ts";
import { fixed } from "../etag.ts";
import { PAGE_POLICY, referencePage } from "../reference/page.ts";
import type { Handlers } from "../route_call.ts";
import { ownerOf } from "./own.ts";

export function systemHandlers(master: Master): Handlers<typeof SYSTEM> {
  const document = openApiDocument();
  const openApi = fixed(JSON.stringify(document), { "content-type": "application/json" });
  const reference = fixed(referencePage(document), {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": PAGE_POLICY,
  });
  return {
    isAlive: () => ({ status: "ok" }),
    getOpenApi: ({ request }) => openApi(request),
    getReference: ({ request }) => reference(request),
    getStats: ({ caller }) => statsOf(master, ownerOf(caller)),
    listTransforms: () => describeOps(),
  };
}

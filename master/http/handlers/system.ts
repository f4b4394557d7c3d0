import { openApiDocument } from "../../../shared/api/openapi/document.ts";
import type { SYSTEM } from "../../../shared/api/routes/system.ts";
import { METRICS_TYPE } from "../../../shared/metrics.ts";
import { describeOps } from "../../../shared/ops/describe.ts";
import { ownerOf } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import type { Metrics } from "../../monitoring/metrics.ts";
import { readiness } from "../../monitoring/readiness.ts";
import { statsOf } from "../../monitoring/stats.ts";
import { topicsOf } from "../../monitoring/topics.ts";
import { fixed } from "../etag.ts";
import { PAGE_POLICY, referencePage } from "../reference/page.ts";
import type { Handlers } from "../route_call.ts";

/** The contract, for programs and for people. */
function contract() {
  const document = openApiDocument();
  return {
    openApi: fixed(JSON.stringify(document), { "content-type": "application/json" }),
    reference: fixed(referencePage(document), {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": PAGE_POLICY,
    }),
  };
}

export function systemHandlers(master: Master, metrics: Metrics): Handlers<typeof SYSTEM> {
  // Not before somebody asks: it takes 15 MB to make.
  let made: ReturnType<typeof contract> | undefined;
  const contractOnce = () => {
    made ??= contract();
    return made;
  };
  return {
    isAlive: () => ({ status: "ok" }),
    getOpenApi: ({ request }) => contractOnce().openApi(request),
    getReference: ({ request }) => contractOnce().reference(request),
    isReady: () => readiness(master),
    getMetrics: async () => new Response(await metrics.text(), { headers: { "content-type": METRICS_TYPE } }),
    getStats: ({ caller }) => ({
      ...statsOf(master, ownerOf(caller)),
      history: master.figures.history(),
    }),
    listTopics: () => topicsOf(master.figures),
    listTransforms: () => describeOps(),
  };
}

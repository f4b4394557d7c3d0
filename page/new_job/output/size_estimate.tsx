import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { OutputFormat } from "../../../shared/api/output.ts";
import { bytes } from "../../design/format.ts";
import { api } from "../../shell/api.ts";
import { isMoving, pipeline, recipe } from "../draft.ts";
import { looked, typeOf } from "../images/images.ts";
import { proxyOf } from "../images/proxies.ts";
import type { Stage } from "../preview/stage.ts";
import { type Estimate, estimateFrom, formatOf, type Piece, piecesOf } from "./estimate.ts";

/** It is not urgent: what is seen goes first. */
const AFTER_MS = 600;

/** About how large the result will be. */
export function SizeEstimate({ stage }: { readonly stage: Stage }) {
  const estimate = useSignal<Estimate | OutputFormat | undefined>(undefined);
  const known = useRef("");
  useSignalEffect(() => {
    const image = looked.value;
    const result = stage.result.value;
    const { options } = recipe.value;
    const text = pipeline.value;
    const key = JSON.stringify([image?.id, result, options, text]);
    if (key === known.current) return undefined;
    estimate.value = undefined;
    known.current = "";
    if (image === undefined || result === undefined) return undefined;
    if (isMoving.value || !stage.isIdle.value || stage.fault.value !== undefined) return undefined;
    const pieces = piecesOf(result, options, typeOf(image));
    if (pieces.length === 0) {
      estimate.value = formatOf(options, typeOf(image));
      return undefined;
    }
    const given = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { id } = await proxyOf(image);
        const sizes = [];
        for (const piece of pieces) sizes.push(await sizeOf(id, text, piece, given.signal));
        known.current = key;
        estimate.value = estimateFrom(result, sizes);
      } catch {
        // It is an estimate: whoever starts the job learns what is wrong.
      }
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      given.abort();
    };
  });
  return <span class="muted number size_estimate">{wordsFor(estimate.value)}</span>;
}

async function sizeOf(
  proxy: string,
  pipeline: string,
  { region, format, quality }: Piece,
  signal: AbortSignal,
) {
  const { x, y, width, height } = region;
  const size = Math.max(16, width, height);
  const body = { proxy, pipeline, region: [x, y, width, height], size, format, quality };
  const answer = await api.preview({ body }, { signal });
  return { region, bytes: (await answer.blob()).size };
}

function wordsFor(estimate: Estimate | OutputFormat | undefined): string {
  if (estimate === undefined) return "";
  if (typeof estimate === "string") return `No size estimate for ${estimate.toUpperCase()}`;
  const [least, most] = [bytes(round(estimate.least)), bytes(round(estimate.most))];
  return least === most ? `About ${least}` : `About ${least} to ${most}`;
}

/** To two digits: it knows no more. */
const round = (value: number): number => Number(value.toPrecision(2));

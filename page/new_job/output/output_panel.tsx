import { useId } from "preact/hooks";
import { EFFORT, OUTPUT_FORMATS, QUALITY } from "../../../shared/api/output.ts";
import { recipe, settle } from "../draft.ts";
import { looked, typeOf } from "../images/images.ts";
import type { Stage } from "../preview/stage.ts";
import { formatOf } from "./estimate.ts";
import { MoreOptions } from "./more_options.tsx";
import { set } from "./set_option.ts";
import { SizeEstimate } from "./size_estimate.tsx";

const NAMES = { jpeg: "JPEG", png: "PNG", webp: "WebP", avif: "AVIF", tiff: "TIFF" } as const;

/** How the result is written. */
export function OutputPanel({ stage }: { readonly stage: Stage }) {
  const { options } = recipe.value;
  const type = looked.value === undefined ? "" : typeOf(looked.value);
  const format = formatOf(options, type);
  const isLossy = !(format === "png" || format === "tiff" || options.lossless === true);
  const isKnown = options.format !== undefined || type !== "";
  return (
    <section class="card stack output_card" aria-labelledby="output_heading">
      <div class="row apart">
        <h2 id="output_heading">Output</h2>
        <SizeEstimate stage={stage} />
      </div>
      <div class="field">
        <label for="format">Format</label>
        <select
          id="format"
          class="input"
          value={options.format ?? ""}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set(
              "format",
              OUTPUT_FORMATS.find((each) => each === value),
            );
          }}
        >
          <option value="">
            {isKnown && type !== "" ? `As the image (${NAMES[formatOf({}, type)]})` : "As the image"}
          </option>
          {OUTPUT_FORMATS.map((each) => (
            <option key={each} value={each}>
              {NAMES[each]}
            </option>
          ))}
        </select>
      </div>
      {isLossy && <Quality usual={isKnown ? QUALITY[format] : undefined} />}
      <MoreOptions format={format} usualEffort={EFFORT[format]} />
    </section>
  );
}

/** From 1 to 100; as usual until somebody says otherwise. */
function Quality({ usual }: { readonly usual: number | undefined }) {
  const id = useId();
  const { quality } = recipe.value.options;
  return (
    <div class="parameter">
      <label for={id}>Quality</label>
      <div class="slider_field">
        <input
          type="range"
          aria-label="Quality, slider"
          min={1}
          max={100}
          value={quality ?? usual ?? 85}
          onInput={(event) => set("quality", event.currentTarget.valueAsNumber, true)}
          onChange={settle}
        />
        <input
          id={id}
          class="input number"
          type="number"
          min={1}
          max={100}
          value={quality ?? ""}
          placeholder={usual === undefined ? "usual" : `${usual}`}
          onInput={({ currentTarget: { value, valueAsNumber } }) =>
            set("quality", value === "" ? undefined : valueAsNumber, true)
          }
          onChange={settle}
          onBlur={settle}
        />
      </div>
    </div>
  );
}

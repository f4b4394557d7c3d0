import type { OutputFormat } from "../../../shared/api/output.ts";
import { PRIORITY } from "../../../shared/api/priority.ts";
import { recipe, settle } from "../draft.ts";
import { labelFault } from "../labels.ts";
import { set } from "./set_option.ts";

const TILE_SIDES = [64, 128, 256, 512, 1024];
const TIMES = { "1h": "An hour", "24h": "A day", "7d": "A week", "30d": "30 days" } as const;

interface MoreProps {
  readonly format: OutputFormat;
  readonly usualEffort: number;
}

/** What is rarely needed. */
export function MoreOptions({ format, usualEffort }: MoreProps) {
  const { options } = recipe.value;
  const hasLossless = format === "webp" || format === "avif";
  return (
    <details class="more_options">
      <summary>More</summary>
      <div class="option_grid">
        <label>
          Effort
          <input
            class="input number"
            type="number"
            min={0}
            max={9}
            value={options.effort ?? ""}
            placeholder={`${usualEffort}`}
            title="0 is quick, 9 is small"
            onInput={({ currentTarget: { value, valueAsNumber } }) =>
              set("effort", value === "" ? undefined : valueAsNumber, true)
            }
            onChange={settle}
          />
        </label>
        <Choice
          label="Metadata"
          name="metadata"
          choices={{ keep: "Keep EXIF and XMP", strip: "Leave it out" }}
        />
        <Choice
          label="Colours"
          name="profile"
          choices={{ srgb: "Convert to sRGB", keep: "Keep the profile" }}
        />
        {format === "jpeg" && (
          <label>
            Behind what is transparent
            <input
              type="color"
              value={options.background ?? "#ffffff"}
              onInput={(event) => set("background", event.currentTarget.value, true)}
              onChange={settle}
            />
          </label>
        )}
        {hasLossless && (
          <label class="check">
            <input
              type="checkbox"
              checked={options.lossless === true}
              onChange={(event) => set("lossless", event.currentTarget.checked || undefined)}
            />
            Lossless
          </label>
        )}
        <JobOptions />
      </div>
      <div class="stack">
        <LabelField />
        <WebhookField />
      </div>
    </details>
  );
}

function JobOptions() {
  const { options } = recipe.value;
  return (
    <>
      <label>
        Priority
        <input
          class="input number"
          type="number"
          min={PRIORITY.minimum}
          max={PRIORITY.maximum}
          value={options.priority ?? ""}
          placeholder={`${PRIORITY.default}`}
          onInput={({ currentTarget: { value, valueAsNumber } }) =>
            set("priority", value === "" ? undefined : valueAsNumber, true)
          }
          onChange={settle}
        />
      </label>
      <Choice label="Result is kept" name="expires_in" choices={TIMES} usual="As long as usual" />
      <label>
        Tile side
        <select
          class="input"
          value={`${options.tile_size ?? ""}`}
          onChange={(event) => set("tile_size", Number(event.currentTarget.value) || undefined)}
        >
          <option value="">As usual</option>
          {TILE_SIDES.map((side) => (
            <option key={side} value={`${side}`}>
              {side} px
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: "metadata" | "profile" | "expires_in";
  readonly choices: Readonly<Record<string, string>>;
  /** Without it the first choice is as usual. */
  readonly usual?: string;
}

function Choice({ label, name, choices, usual }: ChoiceProps) {
  const value = recipe.value.options[name];
  const [first] = Object.keys(choices);
  const isOther = value !== undefined && !Object.hasOwn(choices, value);
  return (
    <label>
      {label}
      <select
        class="input"
        value={value ?? (usual === undefined ? first : "")}
        onChange={({ currentTarget: { value: chosen } }) => {
          const isUsual = chosen === "" || (usual === undefined && chosen === first);
          set(name, isUsual ? undefined : (chosen as never));
        }}
      >
        {usual !== undefined && <option value="">{usual}</option>}
        {Object.entries(choices).map(([each, shown]) => (
          <option key={each} value={each}>
            {shown}
          </option>
        ))}
        {isOther && <option value={value}>{value}</option>}
      </select>
    </label>
  );
}

function LabelField() {
  const { labels } = recipe.value.options;
  const fault = labelFault(labels);
  return (
    <div class="field">
      <label for="labels">Labels</label>
      <input
        class="input"
        id="labels"
        value={labels ?? ""}
        placeholder="project:alpha, team:web"
        aria-invalid={fault !== undefined}
        aria-describedby="labels_fault"
        onInput={(event) => set("labels", event.currentTarget.value || undefined, true)}
        onChange={settle}
      />
      <p class="fault" id="labels_fault">
        {fault}
      </p>
    </div>
  );
}

function WebhookField() {
  return (
    <div class="field">
      <label for="webhook">Webhook</label>
      <input
        class="input"
        id="webhook"
        type="url"
        value={recipe.value.options.webhook ?? ""}
        placeholder="https://example.com/tessera"
        aria-describedby="webhook_hint"
        onInput={(event) => set("webhook", event.currentTarget.value || undefined, true)}
        onChange={settle}
      />
      <p class="hint" id="webhook_hint">
        Is told when a job has ended.
      </p>
    </div>
  );
}

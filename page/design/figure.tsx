import type { ComponentChildren } from "preact";

interface FigureProps {
  readonly name: string;
  /** Large, with its unit. */
  readonly value: ComponentChildren;
  /** What explains it. */
  readonly hint?: string;
}

/** One number that matters. */
export function Figure({ name, value, hint }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
      {hint !== undefined && <dd class="hint">{hint}</dd>}
    </div>
  );
}

import type { ComponentChildren } from "preact";

interface FigureProps {
  readonly name: string;
  /** Large, with its unit. */
  readonly value: ComponentChildren;
  /** What explains it. */
  readonly hint?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** One number that matters. */
export function Figure({ name, value, hint, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
      {hint !== undefined && <dd class="hint">{hint}</dd>}
      {children !== undefined && <dd>{children}</dd>}
    </div>
  );
}

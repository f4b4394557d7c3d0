import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Button } from "./button.tsx";
import type { IconName } from "./icon.tsx";

interface MenuProps {
  readonly icon: IconName;
  readonly label: string;
  /** Its words, where the icon alone is not enough. */
  readonly text?: string;
  /** Buttons. */
  readonly children: ComponentChildren;
}

/** Things to do, behind one button: the browser's own popover, which closes when one looks elsewhere. */
export function Menu({ icon, label, text, children }: MenuProps) {
  const id = useId();
  const anchor = `--${id.replaceAll(/\W/g, "")}`;
  return (
    <span class="menu_anchor" style={{ anchorName: anchor }}>
      <Button icon={icon} label={label} popoverTarget={id}>
        {text}
      </Button>
      <div id={id} popover="auto" class="menu" style={{ positionAnchor: anchor }}>
        {children}
      </div>
    </span>
  );
}

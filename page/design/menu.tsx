import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import type { IconName } from "./icon.tsx";

interface MenuProps {
  readonly icon: IconName;
  readonly label: string;
  /** Its words, where the icon alone is not enough. */
  readonly text?: string;
  /** Buttons and links of which one is chosen, or anything else. */
  readonly children: ComponentChildren;
}

/** Things to do, behind one button: the browser's own popover, which closes when one looks elsewhere. */
export function Menu({ icon, label, text, children }: MenuProps) {
  const id = useId();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = element.current!;
    // What is chosen closes it; what may be changed more than once stands deeper.
    const choose = ({ target }: MouseEvent) => {
      const chosen = target instanceof Element ? target.closest(".button") : null;
      if (chosen?.parentElement === menu) menu.hidePopover();
    };
    menu.addEventListener("click", choose);
    return () => menu.removeEventListener("click", choose);
  }, []);
  const anchor = `--${id.replaceAll(/\W/g, "")}`;
  return (
    <span class="menu_anchor" style={{ anchorName: anchor }}>
      <Button icon={icon} label={label} popoverTarget={id}>
        {text !== undefined && <span class="clipped">{text}</span>}
      </Button>
      <div ref={element} id={id} popover="auto" class="menu" style={{ positionAnchor: anchor }}>
        {children}
      </div>
    </span>
  );
}

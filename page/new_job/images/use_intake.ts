import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { addAddress } from "./images.ts";
import { addressIn, canTake, filesOf, takeFiles } from "./intake.ts";

/** Whether files are held over the page. */
export const isOver = signal(false);

/** Takes what is dropped or pasted anywhere while the view is shown. */
export function useIntake(): void {
  useEffect(() => {
    const ends = new AbortController();
    const { signal: ended } = ends;
    let depth = 0;
    // Links and pictures of the page itself are not brought to it.
    let isOurs = false;
    const over = (to: number) => {
      depth = Math.max(0, to);
      isOver.value = depth > 0;
    };
    const on = <K extends keyof WindowEventMap>(type: K, act: (event: WindowEventMap[K]) => void) =>
      addEventListener(type, act, { signal: ended });
    const onDrag = (type: "dragenter" | "dragleave" | "dragover" | "drop", act: (event: DragEvent) => void) =>
      on(type, (event) => !isOurs && canTake(event.dataTransfer) && act(event));
    on("dragstart", () => {
      isOurs = true;
    });
    on("dragend", () => {
      isOurs = false;
    });
    onDrag("dragenter", () => over(depth + 1));
    onDrag("dragleave", () => over(depth - 1));
    onDrag("dragover", (event) => event.preventDefault());
    onDrag("drop", (event) => {
      event.preventDefault();
      over(0);
      void take(event.dataTransfer!);
    });
    on("paste", paste);
    return () => {
      ends.abort();
      isOver.value = false;
    };
  }, []);
}

async function take(transfer: DataTransfer): Promise<void> {
  // What it holds can be asked for only now.
  const address = addressIn(transfer.getData("text/uri-list").split(/\r?\n/)[0] ?? "");
  const files = await filesOf(transfer);
  if (files.length > 0) takeFiles(files);
  else if (address !== undefined) addAddress(address);
}

function paste(event: ClipboardEvent): void {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length > 0) {
    event.preventDefault();
    takeFiles(files.map(named));
    return;
  }
  const target = event.target as HTMLElement | null;
  if (target?.matches("input, textarea") === true) return;
  const address = addressIn(event.clipboardData?.getData("text/plain") ?? "");
  if (address !== undefined) addAddress(address);
}

/** What is copied from a screen is always called the same. */
const named = (file: File): File =>
  /^image\.\w+$/.test(file.name)
    ? new File([file], `pasted-${timeName()}.${file.name.split(".").at(-1)}`, file)
    : file;

const timeName = (): string => new Date().toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");

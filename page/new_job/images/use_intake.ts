import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { addAddress } from "./images.ts";
import { addressIn, filesOf, hasFiles, takeFiles } from "./intake.ts";

/** Whether files are held over the page. */
export const isOver = signal(false);

/** Takes what is dropped or pasted anywhere while the view is shown. */
export function useIntake(): void {
  useEffect(() => {
    const ends = new AbortController();
    const { signal: ended } = ends;
    let depth = 0;
    const over = (by: number) => {
      depth = Math.max(0, depth + by);
      isOver.value = depth > 0;
    };
    const on = <K extends keyof WindowEventMap>(type: K, act: (event: WindowEventMap[K]) => void) =>
      addEventListener(type, act, { signal: ended });
    on("dragenter", (event) => hasFiles(event.dataTransfer) && over(1));
    on("dragleave", (event) => hasFiles(event.dataTransfer) && over(-1));
    on("dragover", (event) => hasFiles(event.dataTransfer) && event.preventDefault());
    on("drop", (event) => {
      if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      depth = 0;
      isOver.value = false;
      void filesOf(event.dataTransfer).then(takeFiles);
    });
    on("paste", (event) => paste(event));
    return () => {
      ends.abort();
      isOver.value = false;
    };
  }, []);
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

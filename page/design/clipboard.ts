/**
 * Puts a text where it can be pasted from. Browsers give their clipboard to pages of secure origins only; elsewhere the
 * old way still works.
 *
 * @throws NotAllowedError if neither does
 */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  // A modal dialog makes all that is outside of it inert.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!done) throw new DOMException("The browser does not let pages copy.", "NotAllowedError");
}

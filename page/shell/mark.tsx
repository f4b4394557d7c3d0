/** Four tiles, one of them out of its place: Tessera's sign. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path fill="#3457d5" d="M3 3h12v12H3z" />
      <path fill="#22a39f" d="M17 3h12v12H17z" />
      <path fill="#e0a526" d="M3 17h12v12H3z" />
      <path fill="#d8496b" d="M19.5 19.5h9v9h-9z" />
    </svg>
  );
}

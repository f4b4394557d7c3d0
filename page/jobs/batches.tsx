export function Batches() {
  return <h1>Batches</h1>;
}

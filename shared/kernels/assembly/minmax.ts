// The comparators of the median's networks, on unsigned bytes or 16-bit words.

@inline export function at(p: usize, offset: usize): v128 {
  return v128.load(p + offset);
}
@inline export function lo<T>(a: v128, b: v128): v128 {
  return v128.min<T>(a, b);
}
@inline export function hi<T>(a: v128, b: v128): v128 {
  return v128.max<T>(a, b);
}

import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Of IPv6 addresses that one customer of a provider has. */
const SITE_BYTES = 8;
/** Proxies one behind the other. */
const HOPS_MAX = 32;

/** Tells whose request it is, by the address that it comes from. */
export class ClientAddress {
  private readonly trusted: readonly Range[];

  /** @param proxies ranges like `10.0.0.0/8`, or addresses, whose `X-Forwarded-For` is believed */
  constructor(proxies: readonly string[]) {
    this.trusted = proxies.map(rangeOf);
  }

  /**
   * Of the addresses that a request has come by, the last one that is not a trusted proxy's: what stands before it
   * anyone may have written. Of IPv6 the network, since whoever has one address has all of its network's.
   *
   * @param peer who has connected
   */
  of(peer: string | undefined, forwardedFor: string | null): string {
    let last = addressOf(peer ?? "");
    if (last === undefined) return "unknown";
    const before = forwardedFor === null ? [] : forwardedFor.split(",").slice(-HOPS_MAX);
    while (this.isTrusted(last)) {
      const next = addressOf(before.pop() ?? "");
      if (next === undefined) break;
      last = next;
    }
    return nameOf(last);
  }

  private isTrusted(address: Address): boolean {
    return this.trusted.some(
      ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
    );
  }
}

function rangeOf(text: string): Range {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.toByteArray().length * 8] as Range;
}

/** An IPv4 address that is written as IPv6 is the IPv4 one. */
function addressOf(text: string): Address | undefined {
  const bare = text.trim().replace(/^\[(.*)\](:\d+)?$/, "$1");
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
}

function nameOf(address: Address): string {
  if (address.kind() === "ipv4") return address.toString();
  const bytes = address.toByteArray().map((byte, i) => (i < SITE_BYTES ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${SITE_BYTES * 8}`;
}

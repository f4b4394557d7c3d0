import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { TesseraError } from "../../shared/errors.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Global unicast. Source: IANA's IPv6 address space; whatever lies beside it belongs to a machine or a site. */
const GLOBAL_V6: Network = ipaddr.parseCIDR("2000::/3");

/** Public by their range, but answered by the cloud that a machine runs in: Azure's host. */
const CLOUD_HOSTS: ReadonlySet<string> = new Set(["168.63.129.16"]);

/**
 * Which addresses may be connected to: public ones, and those that are allowed by name or network. Private, loopback,
 * link-local (and so the metadata services of clouds), shared, multicast, reserved and documentation addresses are not
 * public, nor are IPv6 addresses that carry an IPv4 one.
 */
export class AddressRules {
  private readonly hosts: ReadonlySet<string>;
  private readonly networks: readonly Network[];

  /** @param allowed host names, addresses and networks (CIDR). @throws config_invalid */
  constructor(allowed: readonly string[]) {
    const isNetwork = (text: string) => text.includes("/") || ipaddr.isValid(text);
    this.networks = allowed.filter(isNetwork).map(parseNetwork);
    this.hosts = new Set(allowed.filter((text) => !isNetwork(text)).map((host) => host.toLowerCase()));
  }

  /** Whether `host` may be reached at `address`, which is one of those that its name stands for. */
  allow(host: string, address: string): boolean {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.process(address); // an IPv4 address in an IPv6 one is the former
    return (
      this.hosts.has(host.toLowerCase()) ||
      this.networks.some((network) => isIn(parsed, network)) ||
      isPublic(parsed)
    );
  }
}

function parseNetwork(text: string): Network {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch (cause) {
    throw new TesseraError("config_invalid", `outbound.allow: '${text}' is no network.`, { cause });
  }
}

const isIn = (address: Address, [network, bits]: Network): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

const isPublic = (address: Address): boolean =>
  address.range() === "unicast" &&
  !CLOUD_HOSTS.has(address.toString()) &&
  (address.kind() === "ipv4" || isIn(address, GLOBAL_V6));

import { describe, expect, test } from "bun:test";
import { ClientAddress } from "../../master/limiting/address.ts";

describe("P7: a client's address", () => {
  const cases: [string, proxies: string[], peer: string | undefined, forwarded: string | null, string][] = [
    ["is who has connected", [], "203.0.113.7", null, "203.0.113.7"],
    ["is not what a stranger claims", [], "203.0.113.7", "10.0.0.1", "203.0.113.7"],
    ["is what a proxy says", ["10.0.0.0/8"], "10.1.2.3", "198.51.100.4", "198.51.100.4"],
    ["is not what stands before that", ["10.0.0.0/8"], "10.1.2.3", "1.1.1.1, 198.51.100.4", "198.51.100.4"],
    ["is found behind several", ["10.0.0.0/8"], "10.1.2.3", "1.1.1.1,198.51.100.4, 10.9.9.9", "198.51.100.4"],
    ["is the last one if all are trusted", ["10.0.0.0/8"], "10.1.2.3", "10.4.4.4", "10.4.4.4"],
    ["is the proxy's where that says nonsense", ["10.0.0.0/8"], "10.1.2.3", "evil\r\n, ,", "10.1.2.3"],
    ["may be one trusted address", ["10.1.2.3"], "10.1.2.3", "198.51.100.4", "198.51.100.4"],
    [
      "is IPv4 however it is written",
      ["10.0.0.0/8"],
      "::ffff:10.1.2.3",
      "::ffff:198.51.100.4",
      "198.51.100.4",
    ],
    ["is of IPv6 the network", [], "2001:db8:1:2:aaaa:bbbb:cccc:dddd", null, "2001:db8:1:2::/64"],
    ["may stand in brackets", ["::1"], "::1", "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"],
    ["may be unknown", [], undefined, "198.51.100.4", "unknown"],
  ];

  test.each(cases)("%s", (_, proxies, peer, forwarded, expected) => {
    expect(new ClientAddress(proxies).of(peer, forwarded)).toBe(expected);
  });
});

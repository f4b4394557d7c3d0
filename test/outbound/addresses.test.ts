import { describe, expect, test } from "bun:test";
import { AddressRules } from "../../master/outbound/addresses.ts";

const rules = new AddressRules([]);

describe("P7: only public addresses are reached", () => {
  const closed = [
    ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"],
    ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1"],
    ...["192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255"],
    ...["240.0.0.1", "255.255.255.255", "168.63.129.16"],
    ...["::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::7f00:1"],
    ...["64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:1:2:3:4:5:6"],
    ...["2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1"],
    ...["5f00::1", "4000::1", "2001:10::1", "3fff::1"],
    ...["", "localhost", "1.2.3", "0x7f.1", "1.2.3.4.5", "::g"],
  ];
  test.each(closed)("not %p", (address) => expect(rules.allow("example.com", address)).toBe(false));

  const open = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111"];
  test.each([...open, "::ffff:8.8.8.8"])("but %s", (address) =>
    expect(rules.allow("example.com", address)).toBe(true),
  );
});

describe("what is allowed beside them", () => {
  const allowed = new AddressRules([
    "10.1.0.0/16",
    "192.168.7.9",
    "fd12::/16",
    "Images.lan",
    "::ffff:172.16.0.5",
  ]);

  test("networks and addresses, and no others", () => {
    for (const address of ["10.1.2.3", "192.168.7.9", "fd12:3::4", "::ffff:10.1.2.3", "172.16.0.5"])
      expect(allowed.allow("any", address)).toBe(true);
    for (const address of ["10.2.0.1", "192.168.7.8", "fd13::1", "127.0.0.1", "172.16.0.6"])
      expect(allowed.allow("any", address)).toBe(false);
  });

  test("a host, wherever its name leads, and no other host", () => {
    expect(allowed.allow("images.LAN", "127.0.0.1")).toBe(true);
    expect(allowed.allow("evil.images.lan", "127.0.0.1")).toBe(false);
    expect(allowed.allow("images.lan", "nonsense")).toBe(false);
  });

  test("a network that is none is refused", () => {
    for (const network of ["10.0.0.0/33", "300.0.0.0/8", "fd00::/129", "a/b"])
      expect(() => new AddressRules([network])).toThrow("no network");
  });
});

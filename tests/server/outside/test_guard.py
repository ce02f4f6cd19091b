import socket

import pytest
from aiohttp.connector import AddrInfoType

from server.outside.guard import Guard, GuardedResolver, RefusedAddress, is_private, is_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]
CARRIED_PUBLIC = ["::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"]
INSIDE = [
    *("127.0.0.1", "127.255.255.254", "::1"),  # loopback
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # private, RFC 1918
    "100.64.0.1",  # shared, RFC 6598
    *("fc00::1", "fd00:ec2::254"),  # unique-local
]
NEVER = [
    *("169.254.169.254", "fe80::1", "fe80::1%eth0"),  # link-local
    "fec0::1",  # site-local, RFC 3879
    *("0.0.0.0", "0.1.2.3", "::"),  # unspecified
    *("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),  # multicast
    *("240.0.0.1", "255.255.255.255", "4000::1", "::7f00:1"),  # reserved
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),  # documentation
    *("198.18.0.1", "192.0.0.192", "192.88.99.1", "100::1", "5f00::1"),  # other special purposes
    "168.63.129.16",  # a cloud's host
    *("2001:0:7f00:1::", "2001:0:808:808::f7f7:f7f7"),  # Teredo, whatever it carries
    "64:ff9b:1::808:808",  # the local NAT64 prefix
]
CARRIED_INSIDE = [
    *("::ffff:127.0.0.1", "::ffff:a00:1", "::ffff:169.254.169.254"),  # IPv4-mapped
    *("2002:7f00:1::", "2002:c0a8:101::1"),  # 6to4
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1"),  # NAT64
]
NO_ADDRESS = ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "[::1]"]


def addr_info(address: str) -> AddrInfoType:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80))


@pytest.mark.parametrize("address", PUBLIC + CARRIED_PUBLIC)
def test_public_addresses_are_public(address):
    """IPv6 forms that carry a public IPv4 address are too: networks without IPv4 reach the web through them."""
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE + NEVER + CARRIED_INSIDE + NO_ADDRESS)
def test_everything_else_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [*INSIDE, "::ffff:127.0.0.1", "64:ff9b::10.0.0.1"])
def test_the_switch_opens_ones_own_networks(address):
    assert is_private(address)
    assert Guard(allow_private=True).allows(address)
    assert not Guard().allows(address)


@pytest.mark.parametrize("address", [*NEVER, *NO_ADDRESS, "::ffff:169.254.169.254"])
def test_the_switch_opens_nothing_else(address):
    """Link-local addresses above all: clouds hand out credentials there."""
    assert not Guard(allow_private=True).allows(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_switch_closes_nothing(address):
    assert Guard(allow_private=True).allows(address)


@pytest.mark.parametrize("address", INSIDE + CARRIED_INSIDE)
def test_no_socket_is_made_for_a_refused_address(address):
    with pytest.raises(RefusedAddress, match="not allowed"):
        Guard().socket(addr_info(address))


def test_a_socket_for_a_public_address_does_not_block():
    """As asyncio wants it. Nothing is connected here."""
    with Guard().socket(addr_info("8.8.8.8")) as made:
        assert socket.AF_INET == made.family
        assert not made.getblocking()


async def test_a_name_resolves_to_its_allowed_addresses_only():
    resolver = GuardedResolver(Guard(), lambda *_: ["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111"])

    found = await resolver.resolve("a.example", 443)
    await resolver.close()

    assert [("8.8.8.8", socket.AF_INET), ("2606:4700::1111", socket.AF_INET6)] == [
        (row["host"], row["family"]) for row in found
    ]
    assert {443} == {row["port"] for row in found}


async def test_a_name_that_changes_its_answer_is_looked_at_anew():
    """DNS rebinding: public at the first look-up, loopback at the second."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    resolver = GuardedResolver(Guard(), lambda *_: next(answers))

    first = await resolver.resolve("rebind.example", 80)

    assert ["8.8.8.8"] == [row["host"] for row in first]
    with pytest.raises(RefusedAddress):
        await resolver.resolve("rebind.example", 80)
    await resolver.close()


async def test_a_name_of_private_addresses_is_refused_and_an_unknown_one_is_not_found():
    """The one is a decision and final, the other may be otherwise tomorrow."""
    resolver = GuardedResolver(Guard(), lambda host, *_: ["192.168.0.1"] if host == "intranet" else [])

    with pytest.raises(RefusedAddress):
        await resolver.resolve("intranet", 80)
    with pytest.raises(OSError, match="no address") as failure:
        await resolver.resolve("nowhere", 80)
    assert not isinstance(failure.value, RefusedAddress)
    await resolver.close()


async def test_the_systems_own_resolver_is_asked():
    """``localhost`` is in every hosts file; a name with an empty label is an OSError like any other unknown one."""
    resolver = GuardedResolver(Guard(allow_private=True))

    found = await resolver.resolve("localhost", 80, socket.AF_INET)

    assert ["127.0.0.1"] == [row["host"] for row in found]
    with pytest.raises(OSError, match="not a host name"):
        await resolver.resolve("a..b", 80)
    await resolver.close()

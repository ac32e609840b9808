//! Addresses nobody may lead us to: those inside the house, and those that mean something else than they say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// Networks of IPv4 that are not the public internet, with the length of their prefix.
const DENIED_V4: [(u32, u32); 16] = [
    (v4(0, 0, 0, 0), 8),
    (v4(10, 0, 0, 0), 8),
    // Carriers' shared space.
    (v4(100, 64, 0, 0), 10),
    (v4(127, 0, 0, 0), 8),
    // Link-local, among them the clouds' metadata services.
    (v4(169, 254, 0, 0), 16),
    (v4(172, 16, 0, 0), 12),
    (v4(192, 0, 0, 0), 24),
    (v4(192, 0, 2, 0), 24),
    // 6to4 relays.
    (v4(192, 88, 99, 0), 24),
    (v4(192, 168, 0, 0), 16),
    // Benchmarks.
    (v4(198, 18, 0, 0), 15),
    (v4(198, 51, 100, 0), 24),
    (v4(203, 0, 113, 0), 24),
    // Multicast; reserved; broadcast.
    (v4(224, 0, 0, 0), 4),
    (v4(240, 0, 0, 0), 4),
    (v4(255, 255, 255, 255), 32),
];

const fn v6(a: u16, b: u16, c: u16) -> u128 {
    (a as u128) << 112 | (b as u128) << 96 | (c as u128) << 80
}

/// Networks of IPv6 that are not the public internet, or carry an IPv4 address we would not see.
const DENIED_V6: [(u128, u32); 14] = [
    // Unspecified, loopback, IPv4-compatible.
    (0, 96),
    // NAT64, well-known and local.
    (v6(0x64, 0xff9b, 0), 96),
    (v6(0x64, 0xff9b, 1), 48),
    // Discard only.
    (v6(0x100, 0, 0), 64),
    // Teredo.
    (v6(0x2001, 0, 0), 32),
    // Documentation, old and new.
    (v6(0x2001, 0xdb8, 0), 32),
    (v6(0x3fff, 0, 0), 20),
    // 6to4.
    (v6(0x2002, 0, 0), 16),
    // Segment routing.
    (v6(0x5f00, 0, 0), 16),
    // Unique local.
    (v6(0xfc00, 0, 0), 7),
    // Link-local; site-local, long deprecated; multicast.
    (v6(0xfe80, 0, 0), 10),
    (v6(0xfec0, 0, 0), 10),
    (v6(0xff00, 0, 0), 8),
    // ORCHIDv2: hashes, not places.
    (v6(0x2001, 0x20, 0), 28),
];

/// Whether `address` is on the public internet. An IPv4 address inside an IPv6 one is judged as what it is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !DENIED_V4.iter().any(|(network, prefix)| (bits ^ network).leading_zeros() >= *prefix)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let bits = u128::from(address);
    !DENIED_V6.iter().any(|(network, prefix)| (bits ^ network).leading_zeros() >= *prefix)
}

/// Whether a host's name says already that it is this machine or this house.
pub fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    host.is_empty() || ["localhost", "local", "internal", "localdomain"].contains(&last)
}

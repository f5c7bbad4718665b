//! Networks in CIDR notation (RFC 4632, RFC 4291 §2.3), and which addresses are not for the public internet.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A network, such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    last: u128,
}

/// An address in the space of IPv6, with IPv4 mapped into it (RFC 4291 §2.5.5.2).
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Network {
    /// Whether the address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        (self.first..=self.last).contains(&number(address))
    }

    /// Its first and last address as 32 hexadecimal digits each: texts that sort like the addresses.
    pub fn bounds(&self) -> (String, String) {
        (format!("{:032x}", self.first), format!("{:032x}", self.last))
    }
}

/// An address as 32 hexadecimal digits, to be compared with [`Network::bounds`].
pub fn sortable(address: IpAddr) -> String {
    format!("{:032x}", number(address))
}

impl FromStr for Network {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().map_err(|_| ())?
            }
            Some(_) => return Err(()),
            None => width,
        };
        if prefix > width {
            return Err(());
        }
        let rest = u128::MAX.checked_shr(128 - (width - prefix)).unwrap_or(0);
        let first = number(address) & !rest;
        Ok(Self { first, last: first | rest })
    }
}

/// Whether mail may not go there unless the administrator allows the network: this host, private and link-local
/// networks, shared address space, documentation, multicast, and every way to write an IPv4 address in IPv6
/// (RFC 6890).
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || first == 0
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 198 && (18..20).contains(&second))
        || (first == 192 && second == 0 && third == 0)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [a, b, _, _, _, _, g, h] = address.segments();
    let [high, low] = [g, h].map(u16::to_be_bytes);
    let [one, two] = high;
    let [three, four] = low;
    let embedded = Ipv4Addr::new(one, two, three, four);
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_private_v4(mapped);
    }
    if a == 0x64 && b == 0xff9b {
        return is_private_v4(embedded);
    }
    let is_global = (0x2000..0x4000).contains(&a);
    let is_tunnel = a == 0x2002 || (a == 0x2001 && b == 0);
    let is_documentation = (a == 0x2001 && b == 0xdb8) || a == 0x3fff;
    !is_global || is_tunnel || is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_in_either_notation() {
        let network: Network = "127.0.0.0/8".parse().unwrap();
        assert!(network.contains("127.9.9.9".parse().unwrap()));
        assert!(network.contains("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!network.contains("128.0.0.1".parse().unwrap()));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains("::1".parse().unwrap()));
        let one: Network = "192.0.2.7".parse().unwrap();
        assert!(one.contains("192.0.2.7".parse().unwrap()) && !one.contains("192.0.2.8".parse().unwrap()));
        let (first, last) = "192.0.2.0/24".parse::<Network>().unwrap().bounds();
        let inside = sortable("192.0.2.200".parse().unwrap());
        assert!(first < inside && inside < last);
        for text in ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "10.0.0.0/+8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    /// P17: every spelling of an address that is not public.
    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "100.128.0.1"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }
}

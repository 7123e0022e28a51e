//! A range of addresses, as settings name it.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A network, or a single address. IPv4 addresses that are written as IPv6 (`::ffff:10.0.0.1`) are IPv4 addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let refused = "is neither an address nor a network like 10.0.0.0/8 or fd00::/8";
        let network: IpNet = text.parse().map_err(|_| refused)?;
        let mapped = match network {
            IpNet::V6(network) => network
                .network()
                .to_ipv4_mapped()
                .zip(network.prefix_len().checked_sub(96)),
            IpNet::V4(_) => None,
        };
        match mapped {
            Some((address, length)) => IpNet::new(address.into(), length).map(Self).map_err(|_| refused),
            None => Ok(Self(network.trunc())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_single_addresses_hold_their_members() {
        let cases = [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.1.2.3/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            (" 10.0.0.0/8 ", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "10.1.1.1", true),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("::1", "::1", true),
            ("fd00::/8", "fd12:3456::1", true),
            ("fd00::/8", "10.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("0.0.0.0/0", "2001:db8::1", false),
        ];
        for (network, address, within) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(
                network.contains(address.parse().unwrap()),
                within,
                "{network:?} {address}"
            );
        }
        for text in [
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/",
            "fe80::1%eth0",
            "10.0.0.1:80",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}

//! Which addresses that a tenant names are connected to: judged where they are named, and again at every connection, because a
//! name may lead elsewhere by then.
//!
//! Only what is public on the internet is. What is on this machine or in its networks, and what answers there without asking who
//! calls (a cloud's metadata), is the operator's: `--allow-tenant-addresses` lets networks of theirs in.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use crate::plumbing::config::Network;

/// How long a name may take to be resolved.
const RESOLUTION: Duration = Duration::from_secs(3);

/// Who says where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// A tenant, or a machine of theirs.
    ByTenant,
    /// A machine of the Mock cloud, which runs on this computer; its port was looked at when it registered.
    ByMockCloud,
}

/// The rule. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The operator's exceptions.
    allowed: Arc<[Network]>,
}

/// An address that nothing is sent to.
#[derive(Debug, thiserror::Error)]
#[error("the address is not one that is connected to")]
pub struct NotAllowed;

impl Addresses {
    pub fn new(allowed: &[Network]) -> Self {
        Self {
            allowed: allowed.into(),
        }
    }

    /// May it be connected to?
    pub fn allow(&self, address: IpAddr, named: Named) -> bool {
        let address = address.to_canonical();
        let by_rule = match named {
            Named::ByTenant => is_public(address),
            Named::ByMockCloud => address.is_loopback(),
        };
        by_rule || self.allowed.iter().any(|network| network.contains(address))
    }

    /// May each of them be connected to? One that may not spoils them all: a name that leads to several places is answered in any
    /// order. Nowhere is not allowed.
    pub fn allow_all(&self, addresses: &[SocketAddr], named: Named) -> bool {
        !addresses.is_empty() && addresses.iter().all(|address| self.allow(address.ip(), named))
    }
}

/// Every address that `host:port` leads to; none for what is no `host:port`, and for names that lead nowhere.
pub async fn resolve(authority: &str) -> Vec<SocketAddr> {
    let Some((host, port)) = authority.rsplit_once(':') else {
        return Vec::new();
    };
    let Ok(port) = port.parse::<u16>() else {
        return Vec::new();
    };
    if let Some(address) = literal(host) {
        return vec![SocketAddr::new(address, port)];
    }
    let lookup = tokio::time::timeout(RESOLUTION, tokio::net::lookup_host((host, port)));
    match lookup.await {
        Ok(Ok(found)) => found.collect(),
        _ => Vec::new(),
    }
}

/// An address that needs no resolution, as URLs write it.
fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// Neither this machine nor its networks, nor a way around that through a translation of IPv4 (RFC 6890 and what was assigned since).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Shared by customers of one carrier, and the metadata of one cloud.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        // What a cloud tells each of its machines about themselves, at a public address.
        || address == Ipv4Addr::new(168, 63, 129, 16)
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Global unicast, less what stands in it for IPv4 (Teredo, 6to4) or for nothing (documentation, benchmarks, identifiers).
    let is_global = segments[0] & 0xe000 == 0x2000;
    let is_special = match segments {
        [0x2001, second, ..] => second < 0x0200 || second == 0x0db8,
        [0x2002, ..] => true,
        [0x3fff, second, ..] => second < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

/// Connects to allowed addresses only. What a name leads to is judged and then connected to, without asking again in between.
#[derive(Clone)]
pub struct JudgedConnector {
    http: HttpConnector<JudgedResolver>,
    addresses: Addresses,
    named: Named,
}

impl JudgedConnector {
    pub fn new(addresses: &Addresses, named: Named, timeout: Duration) -> Self {
        let resolver = JudgedResolver {
            addresses: addresses.clone(),
            named,
        };
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.set_connect_timeout(Some(timeout));
        http.set_nodelay(true);
        Self {
            http,
            addresses: addresses.clone(),
            named,
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Service<Uri> for JudgedConnector {
    type Response = <HttpConnector<JudgedResolver> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Connecting<Self::Response, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // Addresses are not asked of the resolver.
        let refused = uri
            .host()
            .and_then(literal)
            .is_some_and(|address| !self.addresses.allow(address, self.named));
        if refused {
            return Box::pin(async { Err(NotAllowed.into()) });
        }
        let connecting = self.http.call(uri);
        Box::pin(async move { Ok(connecting.await?) })
    }
}

#[derive(Clone)]
pub struct JudgedResolver {
    addresses: Addresses,
    named: Named,
}

impl Service<Name> for JudgedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Connecting<Self::Response, io::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (addresses, named) = (self.addresses.clone(), self.named);
        Box::pin(async move {
            // The port is the connector's to fill in.
            let found = resolve(&format!("{name}:0")).await;
            match addresses.allow_all(&found, named) {
                true => Ok(found.into_iter()),
                false => Err(io::Error::other(NotAllowed)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_connected_to() {
        let addresses = Addresses::default();
        let refused = [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.42.42",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd00:42::42",
            "ff02::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "5f00::1",
            "4000::1",
        ];
        for text in refused {
            assert!(!addresses.allow(text.parse().unwrap(), Named::ByTenant), "{text}");
        }
        let accepted = [
            "8.8.8.8",
            "51.15.1.2",
            "172.32.0.1",
            "100.128.0.1",
            "::ffff:8.8.8.8",
            "2a01:4f8::1",
            "2600::1",
            "2001:200::1",
        ];
        for text in accepted {
            assert!(addresses.allow(text.parse().unwrap(), Named::ByTenant), "{text}");
            assert!(!addresses.allow(text.parse().unwrap(), Named::ByMockCloud), "{text}");
        }
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(addresses.allow(text.parse().unwrap(), Named::ByMockCloud), "{text}");
        }
    }

    #[test]
    fn operators_let_networks_of_theirs_in() {
        let addresses = Addresses::new(&["10.1.0.0/16".parse().unwrap(), "fd00:1::/32".parse().unwrap()]);
        let cases = [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd00:1::7", true),
            ("fd00:2::7", false),
        ];
        for (text, allowed) in cases {
            assert_eq!(
                addresses.allow(text.parse().unwrap(), Named::ByTenant),
                allowed,
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn names_are_judged_by_what_they_lead_to() {
        let addresses = Addresses::default();
        for refused in [
            "localhost:5432",
            "[fe80::1]:80",
            "[::1]:80",
            "169.254.169.254:80",
            "127.1:80",
            "2130706433:80",
            "0x7f.1:80",
            "0177.0.0.1:80",
            "nowhere.invalid:80",
            "8.8.8.8",
            "8.8.8.8:0x50",
            "[8.8.8.8]:80",
            ":80",
            "",
        ] {
            let found = resolve(refused).await;
            assert!(!addresses.allow_all(&found, Named::ByTenant), "{refused}: {found:?}");
        }
        let found = resolve("[2600::1]:8443").await;
        assert_eq!(found, ["[2600::1]:8443".parse().unwrap()]);
        assert!(addresses.allow_all(&found, Named::ByTenant));
        assert!(addresses.allow_all(&resolve("localhost:80").await, Named::ByMockCloud));
    }

    #[tokio::test]
    async fn a_connection_is_judged_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connect = |host: &str, named| {
            let uri: Uri = format!("http://{host}:{port}/").parse().unwrap();
            let mut connector = JudgedConnector::new(&Addresses::default(), named, RESOLUTION);
            async move {
                std::future::poll_fn(|context| connector.poll_ready(context))
                    .await
                    .unwrap();
                connector.call(uri).await.map(drop)
            }
        };
        for host in ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"] {
            assert!(connect(host, Named::ByTenant).await.is_err(), "{host}");
        }
        connect("127.0.0.1", Named::ByMockCloud).await.unwrap();
    }
}

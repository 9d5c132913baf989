//! The host names that the ports of this machine answer to.

use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

/// The names of this machine to itself.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The hosts a port answers to.
///
/// A page of another site can let its own name resolve to 127.0.0.1 (DNS rebinding). The browser then takes our answers for that site's, and
/// lets the page read them; only the header `Host` shows it. The port in it is not compared, because a browser writes the port that it connects
/// to: another one means that somebody forwards a port of theirs to ours, which they may.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<[String]>);

impl Default for Hosts {
    fn default() -> Self {
        Self(LOOPBACK.map(str::to_owned).into())
    }
}

impl Hosts {
    /// The names of this machine, and those of `ALLOWED_HOSTS`: names, with commas between them.
    pub(crate) fn read(configured: &str) -> Result<Self, String> {
        let mut hosts: Vec<_> = LOOPBACK.map(str::to_owned).into();
        for name in list(configured) {
            match name.parse::<Authority>() {
                Ok(authority) if authority.host() == name => hosts.push(name.to_lowercase()),
                _ => {
                    return Err(format!(
                        "must be host names without scheme and port, such as images.example.org,172.18.0.1: not {name:?}"
                    ));
                }
            }
        }
        Ok(Self(hosts.into()))
    }

    /// Every name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The host that `request` names, if it is none of these.
    pub(crate) fn foreign(&self, request: &Parts) -> Option<String> {
        let headers = request.headers.get_all(HOST).iter();
        let headers = headers.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        // An address in the request line counts instead of the header (RFC 9112, section 3.2.2): neither may be foreign.
        let in_line = request.uri.authority().map(ToString::to_string);
        let mut named: Vec<_> = headers.chain(in_line).collect();
        if named.is_empty() {
            named.push(String::new());
        }
        named.into_iter().find(|host| !self.is_ours(host))
    }

    fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host();
        !host.contains('@') && self.iter().any(|ours| ours.eq_ignore_ascii_case(name))
    }
}

/// The items of a variable that lists several.
pub(crate) fn list(configured: &str) -> impl Iterator<Item = &str> {
    let items = configured.split(',').map(str::trim);
    items.filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(hosts: &Hosts, uri: &str, headers: &[&str]) -> Option<String> {
        let request = headers
            .iter()
            .fold(http::Request::get(uri), |request, host| {
                request.header(HOST, *host)
            });
        hosts.foreign(&request.body(()).expect("a request").into_parts().0)
    }

    #[test]
    fn this_machine_answers_to_its_own_names_on_any_port() {
        let hosts = Hosts::default();
        for host in ["127.0.0.1:8080", "localhost:1", "LocalHost", "[::1]:8080"] {
            assert_eq!(foreign(&hosts, "/", &[host]), None, "{host}");
        }
    }

    #[test]
    fn any_other_name_is_foreign() {
        let hosts = Hosts::default();
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "evil.example:127.0.0.1",
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost.",
            "0.0.0.0:8080",
            "::1",
            "",
        ] {
            let expected = Some(host.to_owned());
            assert_eq!(foreign(&hosts, "/", &[host]), expected, "{host}");
        }
        assert!(foreign(&hosts, "/", &[]).is_some());
        assert!(foreign(&hosts, "/", &["localhost", "evil.example"]).is_some());
        assert!(foreign(&hosts, "http://evil.example/", &["localhost"]).is_some());
        assert!(foreign(&hosts, "http://localhost/", &["evil.example"]).is_some());
    }

    #[test]
    fn configured_names_are_answered_too() {
        let hosts = Hosts::read("Images.example.org, 172.18.0.1,").expect("names");
        for host in ["images.example.org", "172.18.0.1:4000", "127.0.0.1"] {
            assert_eq!(foreign(&hosts, "/", &[host]), None, "{host}");
        }
        for wrong in ["http://a.example", "a.example:80", "a@b", "a b"] {
            assert!(Hosts::read(wrong).is_err(), "{wrong}");
        }
    }
}

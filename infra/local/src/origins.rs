//! The pages that may use the API, and write to the bucket, from a browser.

use std::sync::Arc;

use http::HeaderValue;
use http::uri::Authority;

use crate::hosts::{Hosts, list};

/// Exact origins: what `AllowedOrigin` to `AllowedOrigin3` are in the cloud.
#[derive(Clone, Debug)]
pub struct Origins(Arc<[String]>);

impl Origins {
    /// These origins and no other.
    pub fn of<'o>(origins: impl IntoIterator<Item = &'o str>) -> Self {
        Self(origins.into_iter().map(str::to_owned).collect())
    }

    /// The stack's own page under every name of `hosts`, and those of `ALLOWED_ORIGINS`: origins, with commas between them.
    pub(crate) fn read(configured: &str, hosts: &Hosts, port: u16) -> Result<Self, String> {
        let own = hosts.iter().map(|host| match port {
            // A browser leaves out the port that everybody knows.
            80 => format!("http://{host}"),
            port => format!("http://{host}:{port}"),
        });
        let mut origins: Vec<_> = own.collect();
        for origin in list(configured) {
            if !is_origin(origin) {
                return Err(format!(
                    "must be origins as a browser sends them, such as http://127.0.0.1:5173: scheme, host in lower case, port, no slash at the \
                     end; not {origin:?}"
                ));
            }
            origins.push(origin.to_owned());
        }
        Ok(Self(origins.into()))
    }

    /// Whether pages of this origin may.
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        let mut origins = self.0.iter();
        origins.any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }
}

fn is_origin(text: &str) -> bool {
    let Some(("http" | "https", authority)) = text.split_once("://") else {
        return false;
    };
    let parsed = authority.parse::<Authority>();
    parsed.is_ok() && !authority.contains(['@', '*']) && authority == authority.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(configured: &str) -> Result<Origins, String> {
        Origins::read(configured, &Hosts::default(), 8080)
    }

    #[test]
    fn the_own_page_and_listed_ones_are_allowed() {
        let origins = read("https://a.example, http://127.0.0.1:5173").expect("origins");
        for origin in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "https://a.example",
            "http://127.0.0.1:5173",
        ] {
            assert!(origins.allow(&HeaderValue::from_static(origin)), "{origin}");
        }
        for origin in [
            "null",
            "*",
            "http://127.0.0.1",
            "http://127.0.0.1:8081",
            "http://a.example",
            "https://a.example.evil.example",
            "https://127.0.0.1:8080",
        ] {
            assert!(
                !origins.allow(&HeaderValue::from_static(origin)),
                "{origin}"
            );
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for wrong in [
            "*",
            "null",
            "a.example",
            "https://a.example/",
            "https://*.example",
            "https://A.example",
            "https://u@a.example",
            "ftp://a.example",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

//! What others find on the ports of the local stack: pages of other sites in the same browser, programs without a key, users of the same machine.
//! `web/e2e/strangers.test.ts` tries the same from a real browser.

mod folder;
mod tables;

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use local::port::Patience;
use local::stack::{Options, Stack};
use local::web::Page;
use serde_json::json;
use service::clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::TestStack;
use crate::harness::client::{Http, Response, http, send};
use crate::harness::stack::{options, secret_of};
use crate::harness::upload::begin;

const EVIL: &str = "http://evil.example";
/// What a page's script may read of a cross-origin answer, it reads by this header.
const ALLOWED: &str = "access-control-allow-origin";

async fn ask(http: &Http, method: Method, url: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    send(http, request).await
}

fn ports(stack: &TestStack) -> [String; 3] {
    let Stack {
        url,
        bucket_url,
        database_url,
        ..
    } = &stack.stack;
    [url.clone(), bucket_url.clone(), database_url.clone()]
}

/// What a port answers to these bytes, until it has nothing more to say.
async fn raw(url: &str, request: &str) -> String {
    let address = url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // It may be cut off as soon as it was refused.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn no_port_answers_to_the_name_of_another_site() {
    let stack = TestStack::start().await;
    for url in ports(&stack) {
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
        ] {
            for path in ["/", "/api/v1/openapi.json", "/docs/", "/config.json"] {
                let url = format!("{url}{path}");
                let answer = ask(&stack.http, Method::GET, &url, &[("host", host)]).await;
                assert_eq!(
                    answer.status,
                    StatusCode::MISDIRECTED_REQUEST,
                    "{url} {host}"
                );
                assert!(answer.text().contains("ALLOWED_HOSTS"), "{}", answer.text());
            }
        }
        for request in [
            "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
        ] {
            let answer = raw(&url, request).await;
            assert!(answer.contains(" 421 "), "{url} {request}: {answer}");
        }
    }
}

#[tokio::test]
async fn every_port_answers_to_its_own_names_and_configured_ones() {
    let stack = TestStack::start_with(&[("ALLOWED_HOSTS", "images.test, 172.18.0.1")]).await;
    for url in ports(&stack) {
        let port = url.rsplit(':').next().expect("a port");
        for name in [
            "127.0.0.1",
            "localhost",
            "[::1]",
            "images.test",
            "172.18.0.1",
        ] {
            for host in [name.to_owned(), format!("{name}:{port}")] {
                let answer = ask(&stack.http, Method::GET, &url, &[("host", &host)]).await;
                assert_ne!(
                    answer.status,
                    StatusCode::MISDIRECTED_REQUEST,
                    "{url} {host}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_list_stops_the_start_and_names_its_variable() {
    for (variable, value) in [
        ("ALLOWED_HOSTS", "http://images.test"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://images.test/"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = [(variable.to_owned(), value.to_owned())];
        let options = options(
            folder.path(),
            &settings,
            &secret_of(folder.path()),
            Clock::default(),
        );
        let error = Stack::start(options).await.expect_err("refused");
        assert!(error.to_string().starts_with(variable), "{error}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call_the_api_and_no_other() {
    let listed = "http://127.0.0.1:5173";
    let stack = TestStack::start_with(&[("ALLOWED_ORIGINS", listed)]).await;
    let own = stack.stack.url.clone();
    let by_name = own.replace("127.0.0.1", "localhost");
    let user = stack.user(1);
    let preflight = [
        ("access-control-request-method", "DELETE"),
        ("access-control-request-headers", "authorization"),
    ];
    for (origin, is_allowed) in [
        (own.as_str(), true),
        (&by_name, true),
        (listed, true),
        (EVIL, false),
        ("null", false),
        (&stack.stack.bucket_url, false),
    ] {
        let expected = if is_allowed { origin } else { "" };
        let headers = [("origin", origin)];
        let path = "/image-files/my-images";
        let answer = user.send(Method::GET, path, &headers, "").await;
        assert_eq!(answer.header(ALLOWED), expected, "{origin}");
        answer.ok();
        let headers = [&headers[..], &preflight].concat();
        let url = format!("{own}/api/v1{path}");
        let answer = ask(&stack.http, Method::OPTIONS, &url, &headers).await;
        assert_eq!(answer.header(ALLOWED), expected, "{origin}");
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods.contains("DELETE"), is_allowed, "{origin}");
    }
}

#[tokio::test]
async fn any_page_may_read_what_was_signed_for_it_and_only_ours_may_write() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let id = stack.upload_id(&user, "a.bin", b"bytes", json!({})).await;
    let download = user.get(&format!("/image-files/{id}/download")).await;
    let read = download.header("location").to_owned();
    let upload = begin(&user, "b.bin", 5, json!({})).await;
    let write = upload["upload"]["url"].as_str().expect("a URL").to_owned();
    let own = stack.stack.url.clone();
    for (origin, may_write) in [(own.as_str(), true), (EVIL, false), ("null", false)] {
        let answer = ask(&stack.http, Method::GET, &read, &[("origin", origin)]).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::OK, "bytes")
        );
        let shown = answer.header(ALLOWED);
        assert!([origin, "*"].contains(&shown), "{origin}: {shown:?}");
        for method in ["PUT", "POST", "DELETE"] {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", "content-type"),
            ];
            let answer = ask(&stack.http, Method::OPTIONS, &write, &headers).await;
            let expected = if may_write { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{origin} {method}");
            let expected = if may_write { origin } else { "" };
            assert_eq!(answer.header(ALLOWED), expected, "{origin} {method}");
        }
    }
}

/// A stack with a page, whose settings hold a token.
async fn stack_with_a_page(folder: &std::path::Path) -> Stack {
    let page = folder.join("page");
    fs::create_dir(&page).expect("a folder");
    fs::write(page.join("index.html"), "<!doctype html>").expect("a page");
    fs::create_dir(page.join("assets")).expect("a folder");
    fs::write(page.join("assets/main-1a2b.js"), "let a = 1").expect("code");
    let data = folder.join("data");
    let config = json!({"auth": {"users": [{"token": "a-token"}]}});
    let web = Some(Page {
        folder: page,
        config,
    });
    let options = options(&data, &[], &secret_of(folder), Clock::default());
    let stack = Stack::start(Options { web, ..options });
    stack.await.expect("a stack")
}

#[tokio::test]
async fn every_route_is_the_api_s_beside_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let stack = stack_with_a_page(folder.path()).await;
    let http = http();
    for endpoint in functions::endpoints() {
        let path = endpoint.path().replace(['{', '}'], "");
        let url = format!("{}{path}", stack.url);
        let answer = ask(&http, endpoint.method().clone(), &url, &[]).await;
        assert_ne!(answer.header("apigw-requestid"), "", "{endpoint:?}");
    }
}

#[tokio::test]
async fn tokens_to_try_it_with_are_for_the_own_page_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let stack = stack_with_a_page(folder.path()).await;
    let (url, http) = (format!("{}/config.json", stack.url), http());
    for site in ["cross-site", "same-site", "", "something new"] {
        let headers = [("sec-fetch-site", site), ("origin", EVIL)];
        let answer = ask(&http, Method::GET, &url, &headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site}");
        assert!(!answer.text().contains("a-token"), "{site}");
    }
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", EVIL)],
        &[],
    ] {
        let answer = ask(&http, Method::GET, &url, headers).await;
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header(ALLOWED), "");
        assert!(answer.text().contains("a-token"), "{headers:?}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn files_of_the_page_that_are_named_by_their_content_are_kept_and_others_asked_for_again() {
    const KEPT: &str = "public, max-age=31536000, immutable";
    let folder = tempfile::tempdir().expect("a folder");
    let stack = stack_with_a_page(folder.path()).await;
    for (path, status, cached) in [
        ("/", 200, "no-cache"),
        ("/images", 200, "no-cache"),
        ("/assets/main-1a2b.js", 200, KEPT),
        // A page of an older version asks for code that is not there any more: that is no page, and may come.
        ("/assets/main-0000.js", 404, "no-cache"),
    ] {
        let url = format!("{}{path}", stack.url);
        let answer = ask(&http(), Method::GET, &url, &[]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("cache-control"), cached, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    stack.stop().await;
}

/// A stack whose ports wait no longer than this.
async fn impatient(patience: Patience) -> (tempfile::TempDir, Stack) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(
        folder.path(),
        &[],
        &secret_of(folder.path()),
        Clock::default(),
    );
    let options = Options {
        patience,
        ..options
    };
    (folder, Stack::start(options).await.expect("a stack"))
}

const SOON: Duration = Duration::from_millis(50);
const NEVER: Duration = Duration::from_secs(100_000);

#[tokio::test]
async fn a_port_does_not_wait_for_the_rest_of_a_head() {
    let (_folder, stack) = impatient(Patience {
        head: SOON,
        ..Patience::default()
    })
    .await;
    for url in [&stack.url, &stack.bucket_url, &stack.database_url] {
        // It ends because the port closes the connection.
        raw(url, "GET / HTTP/1.1\r\nHost: 127").await;
    }
    stack.stop().await;
}

#[tokio::test]
async fn the_api_and_the_tables_do_not_wait_for_the_rest_of_a_body() {
    let (_folder, stack) = impatient(Patience {
        body: SOON,
        ..Patience::default()
    })
    .await;
    let head = "HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf";
    for (url, line) in [
        (&stack.url, "POST /api/v1/uploads"),
        (&stack.database_url, "POST /"),
    ] {
        let answer = raw(url, &format!("{line} {head}")).await;
        assert!(answer.contains(" 408 "), "{url}: {answer}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_stack_ends_although_half_requests_are_open() {
    let (_folder, stack) = impatient(Patience {
        head: NEVER,
        body: NEVER,
        end: SOON,
    })
    .await;
    let mut open = Vec::new();
    for url in [&stack.url, &stack.bucket_url, &stack.database_url] {
        for half in [
            "GET / HTTP/1.1\r\nHost: 127",
            "POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf",
        ] {
            let address = url.strip_prefix("http://").expect("an address");
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream.write_all(half.as_bytes()).await.expect("sent");
            open.push(stream);
        }
        // The port has read what was sent before, on connections that came before this one.
        raw(
            url,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        )
        .await;
    }
    // It hangs if the ports wait for them.
    stack.stop().await;
    for mut stream in open {
        // Answered or not, each of them has come to its end.
        drop(stream.read_to_end(&mut Vec::new()).await);
    }
}

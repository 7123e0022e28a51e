//! Connections as strangers use them: bodies that come late or not at all, headers that never end.

#![expect(clippy::disallowed_methods, reason = "a test does two things at once")]

use std::time::Duration;

use inventiv_server::plumbing::edge::connections::{HEADER_TIME, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::TestServer;

/// Nothing here takes so long.
const DEADLINE: Duration = Duration::from_secs(30);

struct Wire(TcpStream);

/// An answer: its head as it came, and its body.
struct Heard {
    head: String,
    body: String,
}

impl Heard {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn closes(&self) -> bool {
        self.head.contains("\r\nconnection: close\r\n")
    }
}

impl Wire {
    async fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// One whole answer with a `Content-Length`.
    async fn hear(&mut self) -> Heard {
        let answer = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(
                    self.0
                        .read_u8()
                        .await
                        .expect("the connection was closed without an answer"),
                );
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let (_, length) = head.split_once("\r\ncontent-length: ").unwrap();
            let length = length.split("\r\n").next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.unwrap();
            Heard {
                head,
                body: String::from_utf8(body).unwrap(),
            }
        };
        tokio::time::timeout(DEADLINE, answer).await.unwrap()
    }

    /// What comes until the other side closes.
    async fn hear_the_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let end = self.0.read_to_end(&mut rest);
        tokio::time::timeout(DEADLINE, end)
            .await
            .expect("the connection stays open")
            .unwrap();
        rest
    }
}

/// The server once more, on a listener with limits of its own.
async fn beside(server: &TestServer, time_limit: Duration, header_time: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = server.program.router_within(time_limit);
    tokio::spawn(serve(
        listener,
        router,
        header_time,
        server.program.core.shutdown.clone(),
    ));
    address
}

/// Refused before anybody looks at the body: without credentials, at an address that isn't there, with a wrong method.
const REFUSED: [(&str, u16); 4] = [
    ("POST /organizations", 401),
    ("POST /v1/chat/completions", 401),
    ("POST /nowhere", 404),
    ("POST /healthz", 405),
];

#[tokio::test]
async fn a_refused_request_whose_body_comes_after_its_header_leaves_the_connection_usable() {
    let server = TestServer::start().await;
    for (line, status) in REFUSED {
        let mut wire = Wire::to(&server.base_url).await;
        wire.say(&format!(
            "{line} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
        ))
        .await;
        // Whoever answers without the body answers now.
        let _ = tokio::time::timeout(Duration::from_millis(20), wire.0.readable()).await;
        wire.say("{}").await;
        let refused = wire.hear().await;
        assert_eq!(refused.status(), status, "{line}: {}", refused.body);
        // On a machine that is held up the body comes later than it is waited for.
        if refused.closes() {
            continue;
        }
        wire.say("GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await;
        assert_eq!(wire.hear().await.status(), 200, "after {line}");
    }
}

#[tokio::test]
async fn a_refusal_says_that_the_connection_ends_when_the_body_is_large_or_held_back_or_never_comes() {
    let server = TestServer::start().await;
    let unread = [
        "content-length: 10000000\r\n",
        "content-length: 2\r\nexpect: 100-continue\r\n",
        "content-length: 2\r\n",
        "transfer-encoding: chunked\r\n",
    ];
    for (line, status) in REFUSED {
        for header in unread {
            let mut wire = Wire::to(&server.base_url).await;
            wire.say(&format!("{line} HTTP/1.1\r\nhost: test\r\n{header}\r\n"))
                .await;
            let refused = wire.hear().await;
            assert_eq!(refused.status(), status, "{line}: {}", refused.body);
            assert!(refused.closes(), "{line} with {header}: {}", refused.head);
            assert_eq!(wire.hear_the_end().await, b"");
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_body_that_was_read_keeps_the_connection() {
    let server = TestServer::start().await;
    let mut wire = Wire::to(&server.base_url).await;
    for _ in 0..2 {
        wire.say("POST /auth/login HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        wire.say("2\r\n{}\r\n0\r\n\r\n").await;
        let answer = wire.hear().await;
        assert_eq!(answer.status(), 422, "{}", answer.body);
        assert!(!answer.closes(), "{}", answer.head);
    }
}

#[tokio::test]
async fn a_header_that_never_ends_and_a_connection_that_says_nothing_are_closed() {
    let server = TestServer::start().await;
    let time_limit = inventiv_server::plumbing::edge::middleware::TIME_LIMIT;
    let address = beside(&server, time_limit, Duration::from_millis(200)).await;
    for start in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nhost: test\r\n"] {
        let mut wire = Wire::to(&address).await;
        wire.say(start).await;
        assert_eq!(wire.hear_the_end().await, b"", "after {start:?}");
    }
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_told_so() {
    let server = TestServer::start().await;
    let address = beside(&server, Duration::from_secs(1), HEADER_TIME).await;
    let mut wire = Wire::to(&address).await;
    wire.say(
        "POST /auth/login HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    )
    .await;
    let answer = wire.hear().await;
    assert_eq!(answer.status(), 408, "{}", answer.body);
    assert!(
        answer.head.contains("content-type: application/problem+json"),
        "{}",
        answer.head
    );
    assert!(answer.body.contains("\"code\":\"request_timeout\""), "{}", answer.body);
    assert!(answer.closes());
}

#[tokio::test]
async fn a_running_request_is_answered_while_the_program_stops_and_idle_connections_end() {
    let server = TestServer::start().await;
    let mut idle = Wire::to(&server.base_url).await;
    idle.say("GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(idle.hear().await.status(), 200);
    let mut running = Wire::to(&server.base_url).await;
    running
        .say("POST /auth/login HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        .await;
    // The handler waits for the body.
    let mut go_on = [0; 25];
    running.0.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopping = tokio::spawn(server.stop());
    assert_eq!(idle.hear_the_end().await, b"");
    running.say("{}").await;
    assert_eq!(running.hear().await.status(), 422);
    tokio::time::timeout(DEADLINE, stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_sends_a_large_body_in_vain_can_read_the_refusal_afterwards() {
    let server = TestServer::start().await;
    // More than the buffers of both sides hold.
    let body = vec![b'x'; 24 * 1024 * 1024];
    let refused = [("POST /v1/chat/completions", 401), ("POST /auth/login", 413)];
    for (line, status) in refused {
        let mut wire = Wire::to(&server.base_url).await;
        wire.say(&format!(
            "{line} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ))
        .await;
        let sent = tokio::time::timeout(DEADLINE, wire.0.write_all(&body)).await.unwrap();
        assert!(sent.is_ok(), "{line}: {sent:?}");
        let answer = wire.hear().await;
        assert_eq!(answer.status(), status, "{}", answer.body);
        assert!(answer.closes());
    }
}

//! A mail server that keeps what it is given and fails on demand.

#![expect(clippy::disallowed_methods, reason = "a server beside the test")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use inventiv_server::plumbing::config::Config;
use mail_parser::{Message, MessageParser};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::eventually;

/// What goes wrong with one mail.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The recipient is answered with this code.
    Refuse(u16),
    /// The connection ends after the content, before it is acknowledged.
    HangUp,
    /// The content is acknowledged late.
    Slow(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    None,
    /// STARTTLS.
    Upgrade,
    Implicit,
}

/// A mail as it came over the wire.
#[derive(Debug, Clone)]
pub struct Received {
    pub recipient: String,
    pub content: String,
    /// Name and password, as given with AUTH PLAIN.
    pub credentials: Option<(String, String)>,
    pub encrypted: bool,
}

pub struct SmtpSink {
    address: SocketAddr,
    tls: Tls,
    certificate: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    received: Vec<Received>,
    attempts: usize,
}

impl SmtpSink {
    pub async fn start() -> Self {
        Self::start_with(Tls::None).await
    }

    pub async fn start_with(tls: Tls) -> Self {
        let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, tls, acceptor.clone(), shared.clone()));
            }
        });
        Self {
            address,
            tls,
            certificate: issued.cert.pem(),
            state,
            task,
        }
    }

    /// Settings that send mails here. TLS trusts this sink's certificate only through the file, which is written.
    pub fn configure(&self, config: &mut Config, directory: &Path) {
        let port = self.address.port();
        config.smtp_url = Some(match self.tls {
            Tls::None => format!("smtp://127.0.0.1:{port}?starttls=opportunistic"),
            Tls::Upgrade => format!("smtp://localhost:{port}"),
            Tls::Implicit => format!("smtps://localhost:{port}"),
        });
        config.mail_from = Some("Inventiv <no-reply@inventiv.test>".to_owned());
        if self.tls != Tls::None {
            let file = directory.join("sink.pem");
            std::fs::write(&file, &self.certificate).unwrap();
            config.smtp_ca_file = Some(file);
        }
    }

    /// The next mails fail so, one each.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    /// How often a recipient was named.
    pub fn attempts(&self) -> usize {
        self.state.lock().unwrap().attempts
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// The newest mail to an address, as soon as there are that many.
    pub async fn mail_to(&self, recipient: &str, count: usize) -> Received {
        let found = async || {
            let mut mails = self.received();
            mails.retain(|mail| mail.recipient == recipient);
            (mails.len() >= count).then(|| mails.pop()).flatten()
        };
        eventually(&format!("mail {count} to {recipient}"), found).await
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Received {
    /// As it stands in the mail; a header beyond plain ASCII is encoded there.
    pub fn header(&self, name: &str) -> String {
        self.parsed().header_raw(name).unwrap().trim().to_owned()
    }

    pub fn subject(&self) -> String {
        self.parsed().subject().unwrap().to_owned()
    }

    /// The text part, decoded.
    pub fn text(&self) -> String {
        self.parsed().body_text(0).unwrap().into_owned()
    }

    pub fn html(&self) -> String {
        self.parsed().body_html(0).unwrap().into_owned()
    }

    /// What follows `#token=` in the text.
    pub fn token(&self) -> String {
        let text = self.text();
        let (_, rest) = text.split_once("#token=").unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }

    fn parsed(&self) -> Message<'_> {
        MessageParser::default().parse(&self.content).unwrap()
    }
}

/// What a conversation over one connection came to.
enum End {
    Over,
    /// STARTTLS.
    Upgrade,
}

/// A broken connection is the client's business; nothing here fails a test by itself.
async fn serve(connection: TcpStream, tls: Tls, acceptor: TlsAcceptor, state: Arc<Mutex<State>>) {
    if tls == Tls::Implicit {
        if let Ok(mut stream) = acceptor.accept(connection).await {
            let _ = converse(&mut stream, true, false, true, &state).await;
        }
        return;
    }
    let mut connection = connection;
    let end = converse(&mut connection, true, tls == Tls::Upgrade, false, &state).await;
    if let Ok(End::Upgrade) = end
        && let Ok(mut stream) = acceptor.accept(connection).await
    {
        let _ = converse(&mut stream, false, false, true, &state).await;
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    greet: bool,
    offers_tls: bool,
    encrypted: bool,
    state: &Mutex<State>,
) -> std::io::Result<End> {
    let mut stream = BufReader::new(stream);
    if greet {
        stream.write_all(b"220 sink ESMTP\r\n").await?;
    }
    let (mut recipient, mut credentials, mut fault) = (String::new(), None, None);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(End::Over);
        }
        let command = line.trim_end();
        let verb = command.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if offers_tls => "250-sink\r\n250 STARTTLS\r\n".to_owned(),
            "EHLO" => "250-sink\r\n250 AUTH PLAIN\r\n".to_owned(),
            "STAR" => {
                stream.write_all(b"220 go on\r\n").await?;
                return Ok(End::Upgrade);
            }
            "AUTH" => {
                let encoded = command.rsplit(' ').next().unwrap_or_default();
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(encoded)
                    .unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                credentials = parts.next().zip(parts.next());
                "235 welcome\r\n".to_owned()
            }
            "RCPT" => {
                recipient = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let mut state = state.lock().unwrap();
                state.attempts += 1;
                fault = state.faults.pop_front();
                match fault {
                    Some(Fault::Refuse(code)) => format!("{code} not {recipient}\r\n"),
                    _ => "250 ok\r\n".to_owned(),
                }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let content = read_content(&mut stream).await?;
                match fault {
                    Some(Fault::HangUp) => return Ok(End::Over),
                    Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
                    _ => {}
                }
                let (recipient, credentials) = (recipient.clone(), credentials.clone());
                state.lock().unwrap().received.push(Received {
                    recipient,
                    content,
                    credentials,
                    encrypted,
                });
                "250 kept\r\n".to_owned()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(End::Over);
            }
            _ => "250 ok\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
    }
}

async fn read_content<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut content = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(content);
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// A link's token is random, so a wrapped line of it may begin as boundaries do.
#[test]
fn a_wrapped_token_that_looks_like_a_boundary_is_read_whole() {
    let content = "Content-Type: multipart/alternative; boundary=\"edge\"\r\n\r\n\
        --edge\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Open http://localhost/app/#token=3Dabc=\r\n--def to go on.\r\n\
        --edge--\r\n";
    let mail = Received {
        recipient: "ada@inventiv.test".to_owned(),
        content: content.to_owned(),
        credentials: None,
        encrypted: false,
    };
    assert_eq!(mail.token(), "abc--def");
}

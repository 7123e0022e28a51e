//! Second factors of people in tests, through the API.

use chrono::{DateTime, Utc};
use inventiv_server::features::second_factors::totp;
use serde_json::{Value, json};

use super::{Authenticator, Client, TestServer};

/// The code that an authenticator app shows now.
pub fn code_of(server: &TestServer, secret: &str) -> String {
    code_at(secret, server.program.core.clock.now())
}

/// As [`code_of`], for a moment of its own.
pub fn code_at(secret: &str, now: DateTime<Utc>) -> String {
    totp::code_now(&from_base32(secret), now)
}

/// Adds an authenticator app; gives its secret and the answer to its confirmation.
pub async fn enrol_totp(server: &TestServer, client: &Client) -> (String, Value) {
    let started = client.post("/auth/me/totp", json!({})).await.expect(200);
    let secret = started.json["secret"].as_str().unwrap().to_owned();
    let code = code_of(server, &secret);
    let confirmed = client.post("/auth/me/totp/confirm", json!({"code": code})).await;
    (secret, confirmed.expect(200).json)
}

/// Adds a passkey; gives the answer.
pub async fn add_passkey(client: &Client, authenticator: &mut Authenticator, name: &str) -> Value {
    let body = new_passkey(client, authenticator, name).await;
    client.post("/auth/me/passkeys", body).await.expect(201).json
}

/// A body that adds a passkey.
pub async fn new_passkey(client: &Client, authenticator: &mut Authenticator, name: &str) -> Value {
    let started = client.post("/auth/me/passkeys/start", json!({})).await.expect(200);
    let credential = authenticator.create(&started.json["options"]);
    json!({"ceremony_id": started.json["ceremony_id"], "name": name, "credential": credential})
}

fn from_base32(text: &str) -> Vec<u8> {
    let mut bits = 0;
    let mut buffer = 0u32;
    let mut bytes = Vec::new();
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            _ => character - b'2' + 26,
        };
        buffer = buffer << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
        }
    }
    bytes
}

//! Confirming once more that it is you, before what can hurt.

use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{Authenticator, Client, PASSWORD, TestServer, add_passkey, code_of, enrol_totp};

const ORIGIN: &str = "http://localhost:8080";

async fn server() -> TestServer {
    TestServer::start_with(|config| config.public_url = ORIGIN.parse().ok()).await
}

/// A quarter of an hour later, with a token that is good again.
async fn later(server: &TestServer, client: &Client) -> Client {
    server.program.core.clock.advance(Duration::minutes(15));
    let renewed = client.post("/auth/refresh", json!({})).await.expect(200);
    client.with_token(renewed.json["token"].as_str().unwrap())
}

async fn make_key(client: &Client) -> (u16, String) {
    let answer = client.post("/api_keys", json!({"name": "Key"})).await;
    (answer.status, answer.code().to_owned())
}

fn refused() -> (u16, String) {
    (403, "reauthentication_required".to_owned())
}

async fn confirm(client: &Client, body: Value) -> u16 {
    client.post("/auth/reauthenticate", body).await.status
}

#[tokio::test]
async fn a_proof_is_good_for_a_quarter_of_an_hour_in_its_own_session() {
    let server = server().await;
    let alice = server.person("alice").await;
    assert_eq!(make_key(&alice.client).await.0, 201, "signing in counts");
    let client = later(&server, &alice.client).await;
    assert_eq!(make_key(&client).await, refused());
    client.get("/api_keys").await.expect(200);
    let elsewhere = server.sign_in("alice").await;
    assert_eq!(make_key(&elsewhere).await.0, 201);
    assert_eq!(
        make_key(&client).await,
        refused(),
        "one session does not vouch for another"
    );

    let wrong = client
        .post("/auth/reauthenticate", json!({"password": "not the password"}))
        .await
        .expect(422);
    assert_eq!(wrong.json["errors"][0]["field"], "password");
    assert_eq!(make_key(&client).await, refused());
    assert_eq!(confirm(&client, json!({"password": PASSWORD})).await, 204);
    assert_eq!(make_key(&client).await.0, 201);
    let client = later(&server, &client).await;
    assert_eq!(make_key(&client).await, refused());
    let recorded: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'session.reauthenticate'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(recorded, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_factor_confirms_as_well_as_the_password() {
    let server = server().await;
    let alice = server.person("alice").await;
    let choices = async |client: &Client| {
        client
            .post("/auth/reauthenticate/start", json!({}))
            .await
            .expect(200)
            .json
    };
    assert_eq!(choices(&alice.client).await["methods"], json!(["password"]));
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    add_passkey(&alice.client, &mut authenticator, "Key").await;

    let client = later(&server, &alice.client).await;
    let code = code_of(&server, &secret);
    assert_eq!(confirm(&client, json!({"code": "000000"})).await, 422);
    assert_eq!(confirm(&client, json!({"code": code})).await, 204);
    assert_eq!(confirm(&client, json!({"code": code})).await, 422, "a code works once");
    assert_eq!(make_key(&client).await.0, 201);

    let client = later(&server, &client).await;
    let asked = choices(&client).await;
    assert_eq!(asked["methods"], json!(["password", "totp", "passkey"]));
    let signature = authenticator.get(&asked["passkey_options"]);
    let elsewhere = server.anonymous().with_token(client.token());
    let body = json!({"ceremony_id": asked["ceremony_id"], "passkey": signature});
    let foreign = Authenticator::new(ORIGIN).get(&choices(&client).await["passkey_options"]);
    assert_eq!(confirm(&elsewhere, body).await, 422, "another one was asked for since");
    let asked = choices(&client).await;
    let bad = json!({"ceremony_id": asked["ceremony_id"], "passkey": foreign});
    assert_eq!(confirm(&client, bad).await, 422);
    assert_eq!(make_key(&client).await, refused());
    let asked = choices(&client).await;
    let signature = authenticator.get(&asked["passkey_options"]);
    let body = json!({"ceremony_id": asked["ceremony_id"], "passkey": signature});
    assert_eq!(confirm(&client, body.clone()).await, 204);
    assert_eq!(confirm(&client, body).await, 422, "a ceremony is answered once");
    assert_eq!(make_key(&client).await.0, 201);
    server.stop().await;
}

#[tokio::test]
async fn a_confirmation_is_exactly_one_proof() {
    let server = server().await;
    let alice = server.person("alice").await;
    for bad in [
        json!({}),
        json!({"password": ""}),
        json!({"password": PASSWORD, "code": "123456"}),
        json!({"passkey": {}}),
        json!({"recovery_code": "x"}),
    ] {
        assert_eq!(confirm(&alice.client, bad.clone()).await, 422, "{bad}");
    }
    server.stop().await;
}

#[tokio::test]
async fn guessing_the_password_in_a_session_is_slowed_down() {
    let server = server().await;
    let alice = server.person("alice").await;
    for _ in 0..10 {
        assert_eq!(
            confirm(&alice.client, json!({"password": "not the password"})).await,
            422
        );
    }
    assert_eq!(confirm(&alice.client, json!({"password": PASSWORD})).await, 429);
    // Signing in anew is another matter.
    server.sign_in("alice").await;
    server.stop().await;
}

#[tokio::test]
async fn a_policy_that_gives_every_member_keys_asks_for_a_proof() {
    let server = server().await;
    let mut alice = server.person("alice").await;
    server.organization(&mut alice, "Acme").await;
    let client = later(&server, &alice.client).await;
    let body = json!({"members_can_create_keys": true});
    let answer = client.patch("/organizations/current/policies", body.clone()).await;
    assert_eq!((answer.status, answer.code().to_owned()), refused());
    assert_eq!(confirm(&client, json!({"password": PASSWORD})).await, 204);
    client.patch("/organizations/current/policies", body).await.expect(200);
    server.stop().await;
}

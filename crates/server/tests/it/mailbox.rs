//! What a link proves: one that was shown to somebody nothing, one that only the mailbox held everything.

use chrono::Duration;
use inventiv_server::permissions::Role;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, code_of, enrol_totp, eventually};

const NEW_PASSWORD: &str = "violet umbrellas on mondays";
const ADDRESS: &str = "victoria@example.test";

/// An organization's owner makes an account for somebody else's address, through the link that is shown where no mail server is.
async fn planted(server: &TestServer, by_invitation: bool) -> Client {
    let mut owner = server.person("mallory").await;
    server.organization(&mut owner, "Acme").await;
    if by_invitation {
        let body = json!({"email": ADDRESS, "role": "user"});
        let invitation = owner
            .client
            .post("/organizations/current/invitations", body)
            .await
            .expect(201);
        let accept = format!(
            "/organizations/invitations/{}/accept",
            token_of(&invitation.json["link"])
        );
        let body =
            json!({"username": "victoria", "first_name": "V", "last_name": "V", "password": crate::harness::PASSWORD});
        server.anonymous().post(&accept, body).await.expect(200);
    } else {
        let made = owner
            .client
            .post("/users", json!({"email": ADDRESS, "role": "user"}))
            .await
            .expect(201);
        let body = json!({"token": token_of(&made.json["link"]), "password": crate::harness::PASSWORD});
        server
            .anonymous()
            .post("/auth/password-reset/reset", body)
            .await
            .expect(204);
    }
    server.sign_in(ADDRESS).await
}

fn token_of(link: &Value) -> String {
    link.as_str().unwrap().split("#token=").nth(1).unwrap().to_owned()
}

async fn is_verified(server: &TestServer) -> bool {
    sqlx::query_scalar("SELECT email_verified_at IS NOT NULL FROM users WHERE email = $1")
        .bind(ADDRESS)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

/// Asks for a new password and reads the link from the mailbox: without a mail server that is a directory of the operator's.
async fn mailed_token(server: &TestServer, number: usize) -> String {
    let body = json!({"email": ADDRESS});
    server
        .anonymous()
        .post("/auth/password-reset/request", body)
        .await
        .expect(202);
    eventually("the mail is written", async || {
        let files = std::fs::read_dir(server.data_dir.path().join("mail"))
            .into_iter()
            .flatten();
        let mut mails: Vec<_> = files
            .filter_map(|file| {
                let file = file.ok()?;
                let name = file.file_name().into_string().ok()?.strip_suffix(".eml")?.to_owned();
                let mail = std::fs::read(file.path()).ok()?;
                let text = mail_parser::MessageParser::default()
                    .parse(&mail)?
                    .body_text(0)?
                    .into_owned();
                let token = text
                    .split("/app/reset-password#token=")
                    .nth(1)?
                    .split_whitespace()
                    .next()?
                    .to_owned();
                // Of the requests' mails only: the first of all made the account.
                text.contains("60").then_some((name, token))
            })
            .collect();
        mails.sort();
        mails.into_iter().nth(number - 1).map(|(_, token)| token)
    })
    .await
}

async fn reset(server: &TestServer, token: &str) {
    let body = json!({"token": token, "password": NEW_PASSWORD});
    server
        .anonymous()
        .post("/auth/password-reset/reset", body)
        .await
        .expect(204);
}

async fn log_in(server: &TestServer, password: &str) -> crate::harness::Answer {
    let body = json!({"login": ADDRESS, "password": password, "transport": "bearer"});
    server.anonymous().post("/auth/login", body).await
}

async fn a_planted_account_is_given_back(by_invitation: bool) {
    let server = TestServer::start_with(|config| config.public_url = "http://localhost:8080".parse().ok()).await;
    let intruder = planted(&server, by_invitation).await;
    assert!(!is_verified(&server).await, "the link was shown to somebody else");
    enrol_totp(&server, &intruder).await;
    let key = intruder
        .post("/api_keys", json!({"name": "back door"}))
        .await
        .expect(201);
    let key = server.anonymous().with_token(key.json["key"].as_str().unwrap());
    key.get("/v1/models").await.expect(200);
    log_in(&server, crate::harness::PASSWORD).await.expect(202);

    reset(&server, &mailed_token(&server, 1).await).await;
    assert!(is_verified(&server).await);
    let signed_in = log_in(&server, NEW_PASSWORD).await.expect(200);
    let person = server.anonymous().with_token(signed_in.json["token"].as_str().unwrap());
    let factors = person.get("/auth/me/second-factors").await.expect(200).json;
    assert_eq!(
        (&factors["totp"], &factors["passkeys"]),
        (&Value::Null, &json!([])),
        "{factors}"
    );
    eventually("the key is refused", async || {
        (key.get("/v1/models").await.status == 401).then_some(())
    })
    .await;
    intruder.get("/auth/me").await.expect(401);
    let after: Value = sqlx::query_scalar(
        "SELECT after FROM audit_log WHERE action = 'password.reset' ORDER BY occurred_at DESC LIMIT 1",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!(
        (&after["second_factors_removed"], &after["keys_revoked"]),
        (&json!(1), &json!(1)),
        "{after}"
    );

    // From now on the mailbox alone opens nothing that was closed since.
    let (secret, _) = enrol_totp(&server, &person).await;
    let own = person.post("/api_keys", json!({"name": "mine"})).await.expect(201);
    server.program.core.clock.advance(Duration::hours(2));
    reset(&server, &mailed_token(&server, 2).await).await;
    log_in(&server, NEW_PASSWORD).await.expect(202);
    assert!(!code_of(&server, &secret).is_empty());
    let own = server.anonymous().with_token(own.json["key"].as_str().unwrap());
    own.get("/v1/models").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn an_account_that_was_planted_by_a_shown_invitation_is_given_back_by_the_mailbox() {
    a_planted_account_is_given_back(true).await;
}

#[tokio::test]
async fn an_account_that_was_planted_by_a_shown_welcome_is_given_back_by_the_mailbox() {
    a_planted_account_is_given_back(false).await;
}

#[tokio::test]
async fn an_organization_keeps_an_owner_who_can_sign_in() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    // Made, and never chose a password.
    let made = alice
        .client
        .post("/users", json!({"email": "new@example.test", "role": "owner"}))
        .await
        .expect(201);
    let new = made.json["id"].as_str().unwrap();

    let put = async |id: &str, disabled: bool| {
        root.client
            .put(&format!("/users/{id}"), json!({"disabled": disabled}))
            .await
    };
    put(&bob.id.to_string(), true).await.expect(200);
    let refused = put(&alice.id.to_string(), true).await.expect(409);
    assert_eq!(refused.code(), "sole_owner");
    assert_eq!(refused.json["errors"][0]["params"]["name"], "Acme", "{}", refused.text);
    for (method, path, body) in [
        (
            reqwest::Method::POST,
            "/organizations/current/leave".to_owned(),
            json!({}),
        ),
        (
            reqwest::Method::PUT,
            format!("/organizations/current/members/{}", alice.id),
            json!({"role": "admin"}),
        ),
        (
            reqwest::Method::POST,
            "/organizations/current/transfer_ownership".to_owned(),
            json!({"user_id": bob.id}),
        ),
        (
            reqwest::Method::POST,
            "/organizations/current/transfer_ownership".to_owned(),
            json!({"user_id": new}),
        ),
    ] {
        let refused = alice.client.send(method, &path, Some(body)).await.expect(409);
        assert_eq!(refused.code(), "last_owner", "{path}");
    }
    alice.client.get("/organizations/current").await.expect(200);
    // Others come and go, and who can't sign in may go too.
    let carol = server.member(organization, "carol", Role::User).await;
    alice
        .client
        .delete(&format!("/organizations/current/members/{}", carol.id))
        .await
        .expect(204);
    alice
        .client
        .delete(&format!("/organizations/current/members/{new}"))
        .await
        .expect(204);
    put(&bob.id.to_string(), false).await.expect(200);
    put(&alice.id.to_string(), true).await.expect(200);
    assert_eq!(put(&bob.id.to_string(), true).await.expect(409).code(), "sole_owner");
    server.stop().await;
}

#[tokio::test]
async fn two_owners_who_are_disabled_at_once_leave_one() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    let disable = |id: uuid::Uuid| {
        let client = &root.client;
        async move {
            client
                .put(&format!("/users/{id}"), json!({"disabled": true}))
                .await
                .status
        }
    };
    let (first, second) = tokio::join!(disable(alice.id), disable(bob.id));
    let mut statuses = [first, second];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    server.stop().await;
}

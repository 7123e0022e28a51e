//! Second factors, and the second step of signing in.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Authenticator, Client, PASSWORD, Person, TestServer, add_passkey, code_of, enrol_totp, eventually,
    new_passkey,
};

const ORIGIN: &str = "http://localhost:8080";

/// Where browsers know the server under a host name.
async fn server() -> TestServer {
    TestServer::start_with(|config| config.public_url = ORIGIN.parse().ok()).await
}

async fn log_in(server: &TestServer, login: &str) -> Answer {
    let body = json!({"login": login, "password": PASSWORD, "transport": "bearer"});
    server.anonymous().post("/auth/login", body).await
}

async fn answer(server: &TestServer, challenge: &Answer, mut proof: Value) -> Answer {
    proof["challenge"] = challenge.json["challenge"].clone();
    proof["transport"] = json!("bearer");
    server.anonymous().post("/auth/login/second-factor", proof).await
}

fn signed_in(server: &TestServer, answer: Answer) -> Client {
    server
        .anonymous()
        .with_token(answer.expect(200).json["token"].as_str().unwrap())
}

/// Time for a code that was not used yet.
fn next_code(server: &TestServer, secret: &str) -> String {
    server.program.core.clock.advance(Duration::seconds(60));
    code_of(server, secret)
}

fn recovery_codes(added: &Value) -> Vec<String> {
    serde_json::from_value(added["recovery_codes"].clone()).unwrap()
}

async fn factors(person: &Client) -> Value {
    person.get("/auth/me/second-factors").await.expect(200).json
}

async fn actions(server: &TestServer, person: &Person) -> Vec<String> {
    sqlx::query_scalar("SELECT action FROM audit_log WHERE tenant = $1 ORDER BY sequence")
        .bind(person.id)
        .fetch_all(&server.owner)
        .await
        .unwrap()
}

/// The notices that were queued, the oldest first.
async fn notices(server: &TestServer) -> Vec<String> {
    let files = server.data_dir.path().join("mail");
    let read = || -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&files)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        names.sort();
        names
            .into_iter()
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .collect()
    };
    eventually("the outbox to be empty", || async {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
            .fetch_one(&server.owner)
            .await
            .unwrap();
        (waiting == 0).then_some(())
    })
    .await;
    read()
}

#[tokio::test]
async fn with_an_authenticator_app_signing_in_takes_two_steps_and_each_code_works_once() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, added) = enrol_totp(&server, &alice.client).await;
    assert_eq!(recovery_codes(&added).len(), 10);
    let challenge = log_in(&server, "alice").await.expect(202);
    assert_eq!(challenge.json["second_factor_required"], true);
    assert_eq!(challenge.json["methods"], json!(["totp", "recovery_code"]));
    assert!(challenge.json["passkey_options"].is_null());
    assert!(challenge.json.get("token").is_none() && challenge.headers.get("set-cookie").is_none());
    assert_eq!(challenge.headers["cache-control"], "no-store");

    // The code that confirmed the app is used up.
    let replayed = answer(&server, &challenge, json!({"code": code_of(&server, &secret)})).await;
    assert_eq!(replayed.expect(401).code(), "invalid_second_factor");
    let code = next_code(&server, &secret);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let me = answer(&server, &challenge, json!({"code": spaced})).await;
    assert_eq!(me.json["email"], "alice@example.test");
    signed_in(&server, me).get("/auth/me").await.expect(200);

    let again = answer(&server, &challenge, json!({"code": next_code(&server, &secret)})).await;
    assert_eq!(again.expect(401).code(), "challenge_ended", "a challenge works once");
    let challenge = log_in(&server, "alice").await.expect(202);
    let replayed = answer(&server, &challenge, json!({"code": code})).await;
    assert_eq!(replayed.expect(401).code(), "invalid_second_factor");
    let actions = actions(&server, &alice).await;
    for action in [
        "totp.start",
        "totp.add",
        "session.challenge",
        "session.refuse_second_factor",
        "session.create",
    ] {
        assert!(actions.iter().any(|done| done == action), "{action}: {actions:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_second_step_gives_a_browser_its_cookie_as_the_first_would() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (_, added) = enrol_totp(&server, &alice.client).await;
    let challenge = log_in(&server, "alice").await.expect(202);
    let body = json!({"challenge": challenge.json["challenge"], "recovery_code": recovery_codes(&added)[0]});
    let foreign = server.anonymous().with_header("sec-fetch-site", "cross-site");
    assert_eq!(
        foreign
            .post("/auth/login/second-factor", body.clone())
            .await
            .expect(403)
            .code(),
        "foreign_origin"
    );
    let me = server
        .anonymous()
        .post("/auth/login/second-factor", body)
        .await
        .expect(200);
    assert!(me.json.get("token").is_none());
    let cookie = me.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("inventiv_session=") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    server.stop().await;
}

#[tokio::test]
async fn two_answers_with_one_code_at_the_same_time_give_one_session() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let (one, two) = (log_in(&server, "alice").await, log_in(&server, "alice").await);
    let code = json!({"code": next_code(&server, &secret)});
    let (first, second) = tokio::join!(answer(&server, &one, code.clone()), answer(&server, &two, code.clone()));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    server.stop().await;
}

#[tokio::test]
async fn a_challenge_dies_of_five_wrong_answers_and_the_person_hears_of_it() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let challenge = log_in(&server, "alice").await.expect(202);
    for _ in 0..4 {
        let refused = answer(&server, &challenge, json!({"code": "000000"})).await;
        assert_eq!(refused.expect(401).code(), "invalid_second_factor");
    }
    let refused = answer(&server, &challenge, json!({"recovery_code": "aaaaa-aaaaa"})).await;
    assert_eq!(refused.expect(401).code(), "challenge_ended");
    let late = answer(&server, &challenge, json!({"code": next_code(&server, &secret)})).await;
    assert_eq!(late.expect(401).code(), "challenge_ended");
    let mails = notices(&server).await;
    assert!(
        mails.iter().any(|mail| mail.contains("several wrong codes")),
        "{mails:?}"
    );

    // Beginning again is all it takes.
    let challenge = log_in(&server, "alice").await.expect(202);
    answer(&server, &challenge, json!({"code": next_code(&server, &secret)}))
        .await
        .expect(200);
    server.stop().await;
}

#[tokio::test]
async fn codes_can_not_be_tried_without_end_and_a_passkey_still_opens() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    add_passkey(&alice.client, &mut authenticator, "Key").await;
    for _ in 0..4 {
        let challenge = log_in(&server, "alice").await.expect(202);
        for _ in 0..5 {
            answer(&server, &challenge, json!({"code": "000000"})).await.expect(401);
        }
    }
    let challenge = log_in(&server, "alice").await.expect(202);
    let refused = answer(&server, &challenge, json!({"code": next_code(&server, &secret)})).await;
    let refused = refused.expect(429);
    assert_eq!(refused.code(), "too_many_attempts");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    let signature = authenticator.get(&challenge.json["passkey_options"]);
    answer(&server, &challenge, json!({"passkey": signature}))
        .await
        .expect(200);
    server.stop().await;
}

#[tokio::test]
async fn strangers_with_the_password_can_not_use_up_the_codes_of_the_person() {
    let server = TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let tries = async |network: u8, code: &str| {
        let stranger = server
            .anonymous()
            .with_header("x-forwarded-for", &format!("198.51.100.{network}"));
        let body = json!({"login": "alice", "password": PASSWORD, "transport": "bearer"});
        let challenge = stranger.post("/auth/login", body).await.expect(202);
        let body = json!({"challenge": challenge.json["challenge"], "code": code, "transport": "bearer"});
        stranger.post("/auth/login/second-factor", body).await
    };
    for network in 1..=20 {
        tries(network, "000000").await.expect(401);
    }
    // Many networks are one guesser, who is refused whatever the code.
    let code = next_code(&server, &secret);
    assert_eq!(tries(21, &code).await.expect(429).code(), "too_many_attempts");
    let challenge = log_in(&server, "alice").await.expect(202);
    answer(&server, &challenge, json!({"code": code})).await.expect(200);
    // The person's good answer gives the strangers no new tries.
    let code = next_code(&server, &secret);
    tries(22, &code).await.expect(429);
    server.stop().await;
}

#[tokio::test]
async fn a_challenge_is_for_five_minutes_and_for_the_password_it_was_given_for() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let late = log_in(&server, "alice").await.expect(202);
    server.program.core.clock.advance(Duration::seconds(301));
    let refused = answer(&server, &late, json!({"code": code_of(&server, &secret)})).await;
    assert_eq!(refused.expect(401).code(), "challenge_ended");

    let outdated = log_in(&server, "alice").await.expect(202);
    let body = json!({"current_password": PASSWORD, "new_password": "another good password"});
    alice.client.put("/auth/me/password", body).await.expect(204);
    let refused = answer(&server, &outdated, json!({"code": code_of(&server, &secret)})).await;
    assert_eq!(refused.expect(401).code(), "challenge_ended");
    for unknown in ["", "x", "é\u{0}"] {
        let body = json!({"challenge": unknown, "code": "123456"});
        let refused = server.anonymous().post("/auth/login/second-factor", body).await;
        assert_eq!(refused.expect(401).code(), "challenge_ended");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_passkey_signs_in_and_its_copy_is_found_out() {
    let server = server().await;
    let alice = server.person("alice").await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let added = add_passkey(&alice.client, &mut authenticator, " My laptop ").await;
    assert_eq!(added["name"], "My laptop");
    assert_eq!(added["host"], "localhost");
    assert_eq!(recovery_codes(&added).len(), 10);

    let challenge = log_in(&server, "alice").await.expect(202);
    assert_eq!(challenge.json["methods"], json!(["passkey", "recovery_code"]));
    let signature = authenticator.get(&challenge.json["passkey_options"]);
    let client = signed_in(
        &server,
        answer(&server, &challenge, json!({"passkey": signature.clone()})).await,
    );
    assert!(!factors(&client).await["passkeys"][0]["last_used_at"].is_null());

    // What was signed for one challenge is nothing to another, nor is another passkey's signature.
    let challenge = log_in(&server, "alice").await.expect(202);
    let mut strange = Authenticator::new(ORIGIN);
    let mut elsewhere = Authenticator::new("http://localhost:9999");
    for bad in [
        signature,
        strange.get(&challenge.json["passkey_options"]),
        elsewhere.get(&challenge.json["passkey_options"]),
    ] {
        let refused = answer(&server, &challenge, json!({"passkey": bad})).await;
        assert_eq!(refused.expect(401).code(), "invalid_second_factor");
    }
    authenticator.counter = 0;
    let copy = authenticator.get(&challenge.json["passkey_options"]);
    let refused = answer(&server, &challenge, json!({"passkey": copy})).await;
    assert_eq!(
        refused.expect(401).code(),
        "invalid_second_factor",
        "its counter went back"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_ceremony_is_answered_once_by_the_session_it_was_made_for() {
    let server = server().await;
    let (alice, bob) = (server.person("alice").await, server.person("bob").await);
    let mut authenticator = Authenticator::new(ORIGIN);
    let body = new_passkey(&alice.client, &mut authenticator, "Key").await;
    let elsewhere = server.sign_in("alice").await;
    for other in [&bob.client, &elsewhere] {
        let refused = other.post("/auth/me/passkeys", body.clone()).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "ceremony_id");
    }
    let mut nameless = body.clone();
    nameless["name"] = json!("  ");
    let refused = alice.client.post("/auth/me/passkeys", nameless).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "name");
    alice.client.post("/auth/me/passkeys", body.clone()).await.expect(201);
    let again = alice.client.post("/auth/me/passkeys", body).await.expect(422);
    assert_eq!(again.json["errors"][0]["field"], "ceremony_id");

    let mut bad = new_passkey(&alice.client, &mut Authenticator::new("http://evil.example"), "Evil").await;
    let refused = alice.client.post("/auth/me/passkeys", bad.clone()).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "credential");
    bad["credential"] = json!({"id": 1});
    let refused = alice.client.post("/auth/me/passkeys", bad).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "credential");

    let late = new_passkey(&alice.client, &mut Authenticator::new(ORIGIN), "Late").await;
    server.program.core.clock.advance(Duration::seconds(301));
    alice.client.post("/auth/me/passkeys", late).await.expect(422);
    // The same authenticator belongs to one account.
    let body = new_passkey(&bob.client, &mut authenticator, "Stolen").await;
    let refused = bob.client.post("/auth/me/passkeys", body).await.expect(409);
    assert_eq!(refused.code(), "passkey_exists");
    server.stop().await;
}

#[tokio::test]
async fn under_a_bare_address_passkeys_are_refused_in_words_and_localhost_works() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let refused = alice
        .client
        .post("/auth/me/passkeys/start", json!({}))
        .await
        .expect(409);
    assert_eq!(refused.code(), "passkeys_need_host_name");
    assert_eq!(
        factors(&alice.client).await["passkeys_unavailable"],
        "passkeys_need_host_name"
    );
    let insecure = alice.client.with_header("host", "inventiv.example");
    assert_eq!(
        insecure
            .post("/auth/me/passkeys/start", json!({}))
            .await
            .expect(409)
            .code(),
        "passkeys_need_https"
    );
    let local = alice.client.with_header("host", "localhost:8080");
    assert!(factors(&local).await["passkeys_unavailable"].is_null());
    add_passkey(&local, &mut Authenticator::new(ORIGIN), "Key").await;

    // Signing in under the address, the passkey can't be asked for; the codes can.
    let challenge = log_in(&server, "alice").await.expect(202);
    assert_eq!(challenge.json["methods"], json!(["recovery_code"]));
    server.stop().await;
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_by_their_person_alone() {
    let server = server().await;
    let (alice, bob) = (server.person("alice").await, server.person("bob").await);
    let mut authenticator = Authenticator::new(ORIGIN);
    let id = add_passkey(&alice.client, &mut authenticator, "Key").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/auth/me/passkeys/{id}");
    bob.client.put(&path, json!({"name": "Mine"})).await.expect(404);
    bob.client.delete(&path).await.expect(404);
    let renamed = alice.client.put(&path, json!({"name": "Laptop"})).await.expect(200);
    assert_eq!(renamed.json["name"], "Laptop");
    for name in ["", &"x".repeat(101)] {
        alice.client.put(&path, json!({"name": name})).await.expect(422);
    }

    // A passkey that goes while a sign-in waits for it opens nothing any more.
    enrol_totp(&server, &alice.client).await;
    let challenge = log_in(&server, "alice").await.expect(202);
    alice.client.delete(&path).await.expect(204);
    let signature = authenticator.get(&challenge.json["passkey_options"]);
    answer(&server, &challenge, json!({"passkey": signature}))
        .await
        .expect(401);
    assert_eq!(factors(&alice.client).await["recovery_codes_left"], 10);

    // With the last factor the codes go, and the password is enough again.
    alice.client.delete("/auth/me/totp").await.expect(204);
    alice.client.delete("/auth/me/totp").await.expect(404);
    assert_eq!(factors(&alice.client).await["recovery_codes_left"], 0);
    log_in(&server, "alice").await.expect(200);
    let actions = actions(&server, &alice).await;
    for action in ["passkey.add", "passkey.rename", "passkey.remove", "totp.remove"] {
        assert!(actions.iter().any(|done| done == action), "{action}: {actions:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_recovery_code_works_once_however_it_is_typed_and_leaves_a_mail() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (_, added) = enrol_totp(&server, &alice.client).await;
    let codes = recovery_codes(&added);
    let typed = codes[0].to_uppercase().replace('-', " ");
    let challenge = log_in(&server, "alice").await.expect(202);
    let client = signed_in(
        &server,
        answer(&server, &challenge, json!({"recovery_code": typed})).await,
    );
    assert_eq!(factors(&client).await["recovery_codes_left"], 9);
    let challenge = log_in(&server, "alice").await.expect(202);
    let again = answer(&server, &challenge, json!({"recovery_code": codes[0]})).await;
    assert_eq!(again.expect(401).code(), "invalid_second_factor");
    let mails = notices(&server).await;
    assert!(
        mails.iter().any(|mail| mail.contains("recovery code. Codes left: 9")),
        "{mails:?}"
    );

    let renewed = client.post("/auth/me/recovery-codes", json!({})).await.expect(200);
    let fresh = recovery_codes(&renewed.json);
    assert!(fresh.iter().all(|code| !codes.contains(code)));
    let outdated = answer(&server, &challenge, json!({"recovery_code": codes[1]})).await;
    assert_eq!(outdated.expect(401).code(), "invalid_second_factor");
    answer(&server, &challenge, json!({"recovery_code": fresh[0]}))
        .await
        .expect(200);
    let bob = server.person("bob").await;
    let refused = bob.client.post("/auth/me/recovery-codes", json!({})).await.expect(409);
    assert_eq!(refused.code(), "no_second_factor");
    server.stop().await;
}

#[tokio::test]
async fn an_authenticator_app_counts_once_it_is_confirmed_and_there_is_one() {
    let server = server().await;
    let alice = server.person("alice").await;
    let confirm = async |code: &str| alice.client.post("/auth/me/totp/confirm", json!({"code": code})).await;
    assert_eq!(confirm("123456").await.expect(409).code(), "totp_not_started");
    let first = alice.client.post("/auth/me/totp", json!({})).await.expect(200);
    assert!(
        first.json["otpauth_uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Inventiv:alice%40example.test?secret=")
    );
    assert_eq!(first.headers["cache-control"], "no-store");
    log_in(&server, "alice").await.expect(200);
    let second = alice.client.post("/auth/me/totp", json!({})).await.expect(200);
    let code_of = |answer: &Answer| code_of(&server, answer.json["secret"].as_str().unwrap());
    let wrong = confirm(&code_of(&first)).await.expect(422);
    assert_eq!(wrong.json["errors"][0]["field"], "code");
    confirm(&code_of(&second)).await.expect(200);
    assert_eq!(confirm(&code_of(&second)).await.expect(409).code(), "totp_not_started");
    let refused = alice.client.post("/auth/me/totp", json!({})).await.expect(409);
    assert_eq!(refused.code(), "totp_exists");
    server.stop().await;
}

#[tokio::test]
async fn what_is_kept_of_factors_opens_nothing() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, added) = enrol_totp(&server, &alice.client).await;
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT t::text FROM totp_authenticators t UNION ALL SELECT r::text FROM recovery_codes r
            UNION ALL SELECT c::text FROM sign_in_challenges c UNION ALL SELECT a::text FROM audit_log a",
    )
    .fetch_all(&server.owner)
    .await
    .unwrap();
    assert!(rows.len() >= 11);
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let code = &recovery_codes(&added)[0];
    for secret in [&secret, code, &hex(&secret), &hex(code)] {
        assert!(rows.iter().all(|row| !row.contains(secret.as_str())), "{secret}");
    }
    let shown = factors(&alice.client).await.to_string();
    assert!(!shown.contains(&secret) && !shown.contains(code.as_str()));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_is_exactly_one_proof() {
    let server = server().await;
    let alice = server.person("alice").await;
    enrol_totp(&server, &alice.client).await;
    let challenge = log_in(&server, "alice").await.expect(202);
    for bad in [
        json!({}),
        json!({"code": "123456", "recovery_code": "x"}),
        json!({"passkey": {"id": "x"}}),
        json!({"password": PASSWORD}),
    ] {
        answer(&server, &challenge, bad).await.expect(422);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_by_mail_takes_no_factor_away() {
    let server = server().await;
    let alice = server.person("alice").await;
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let begun = log_in(&server, "alice").await.expect(202);
    let token = "a token that was mailed";
    sqlx::query(
        "INSERT INTO password_reset_tokens (token_hash, user_id, created_at, expires_at)
            VALUES (sha256($1::bytea), $2, now(), now() + interval '1 hour')",
    )
    .bind(token.as_bytes())
    .bind(alice.id)
    .execute(&server.owner)
    .await
    .unwrap();
    let body = json!({"token": token, "password": PASSWORD});
    server
        .anonymous()
        .post("/auth/password-reset/reset", body)
        .await
        .expect(204);
    let code = json!({"code": next_code(&server, &secret)});
    let refused = answer(&server, &begun, code.clone()).await.expect(401);
    assert_eq!(refused.code(), "challenge_ended");
    let challenge = log_in(&server, "alice").await.expect(202);
    answer(&server, &challenge, code).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_platform_admin_takes_factors_off_an_account_and_its_person_is_told() {
    let server = server().await;
    let root = server.platform_admin("root").await;
    let alice = server.person("alice").await;
    let path = format!("/users/{}/second-factors", alice.id);
    assert_eq!(root.client.delete(&path).await.expect(409).code(), "no_second_factor");
    enrol_totp(&server, &alice.client).await;
    add_passkey(&alice.client, &mut Authenticator::new(ORIGIN), "Key").await;
    assert_eq!(alice.client.delete(&path).await.expect(403).code(), "forbidden");
    root.client.delete(&path).await.expect(204);
    log_in(&server, "alice").await.expect(200);
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM passkeys) + (SELECT count(*) FROM totp_authenticators)",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!(left, 0);
    let mails = notices(&server).await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.contains("administrator removed every second factor")),
        "{mails:?}"
    );
    let chains: i64 =
        sqlx::query_scalar("SELECT count(DISTINCT tenant) FROM audit_log WHERE action = 'user.remove_second_factors'")
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(chains, 2, "with the account and with the platform");
    server.stop().await;
}

#[tokio::test]
async fn closing_an_account_leaves_none_of_its_factors_behind() {
    let server = server().await;
    let alice = server.person("alice").await;
    enrol_totp(&server, &alice.client).await;
    add_passkey(&alice.client, &mut Authenticator::new(ORIGIN), "Key").await;
    log_in(&server, "alice").await.expect(202);
    let body = json!({"password": PASSWORD});
    alice
        .client
        .send(reqwest::Method::DELETE, "/auth/me", Some(body))
        .await
        .expect(204);
    for table in [
        "totp_authenticators",
        "passkeys",
        "recovery_codes",
        "sign_in_challenges",
        "passkey_ceremonies",
    ] {
        let statement = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&server.owner)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    server.stop().await;
}

/// Signs in with a password that was right when it was looked up, while something else happens to the account.
async fn sign_in_during<F: Future<Output = ()>>(server: &TestServer, something: F) -> Answer {
    let wrong = json!({"login": "alice", "password": "not the password"});
    server.anonymous().post("/auth/login", wrong).await.expect(401);
    // Once the password was checked, its failures are cleared: which has to wait for this.
    sqlx::raw_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            -- Who comes first waits, before any row is touched; who comes meanwhile does not.
            IF current_query() LIKE '%clear_quota%' AND pg_try_advisory_xact_lock(4712) THEN
                PERFORM pg_advisory_xact_lock(4711);
            END IF;
            RETURN NULL;
         END $$;
         CREATE TRIGGER wait BEFORE DELETE ON login_throttles FOR EACH STATEMENT EXECUTE FUNCTION wait()",
    )
    .execute(&server.owner)
    .await
    .unwrap();
    let mut held = server.owner.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(4711)")
        .execute(&mut *held)
        .await
        .unwrap();
    let meanwhile = async {
        eventually("the password is checked", || async {
            let waiting: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%clear_quota%')",
            )
            .fetch_one(&server.owner)
            .await
            .unwrap();
            waiting.then_some(())
        })
        .await;
        something.await;
        held.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(log_in(server, "alice"), meanwhile);
    answer
}

#[tokio::test]
async fn whoever_signs_in_while_a_first_factor_is_added_needs_it() {
    let server = server().await;
    let alice = server.person("alice").await;
    let answer = sign_in_during(&server, async {
        enrol_totp(&server, &alice.client).await;
    })
    .await;
    assert_eq!(answer.expect(401).code(), "invalid_credentials");
    log_in(&server, "alice").await.expect(202);
    server.stop().await;
}

#[tokio::test]
async fn a_password_that_was_replaced_while_it_was_checked_opens_nothing() {
    let server = server().await;
    let alice = server.person("alice").await;
    let answer = sign_in_during(&server, async {
        let body = json!({"current_password": PASSWORD, "new_password": "entirely other words"});
        alice.client.put("/auth/me/password", body).await.expect(204);
    })
    .await;
    assert_eq!(answer.expect(401).code(), "invalid_credentials");
    server.stop().await;
}

#[tokio::test]
async fn an_account_that_was_disabled_meanwhile_finishes_no_sign_in() {
    let server = server().await;
    let (root, alice) = (server.platform_admin("root").await, server.person("alice").await);
    let path = format!("/users/{}", alice.id);
    let answer = sign_in_during(&server, async {
        root.client.put(&path, json!({"disabled": true})).await.expect(200);
    })
    .await;
    assert_eq!(answer.expect(401).code(), "invalid_credentials");
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL")
            .bind(alice.id)
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(sessions, 0, "none that would live again with the account");
    server.stop().await;
}

#[tokio::test]
async fn a_sign_in_that_waits_does_not_outlive_a_disabled_account() {
    let server = server().await;
    let (root, alice) = (server.platform_admin("root").await, server.person("alice").await);
    let (secret, _) = enrol_totp(&server, &alice.client).await;
    let challenge = log_in(&server, "alice").await.expect(202);
    for disabled in [true, false] {
        let path = format!("/users/{}", alice.id);
        root.client.put(&path, json!({"disabled": disabled})).await.expect(200);
    }
    let code = json!({"code": next_code(&server, &secret)});
    let refused = answer(&server, &challenge, code).await.expect(401);
    assert_eq!(refused.code(), "challenge_ended");
    server.stop().await;
}

#[tokio::test]
async fn two_platform_admins_who_take_each_others_factors_off_take_turns() {
    let server = server().await;
    let (root, ruth) = (server.platform_admin("root").await, server.platform_admin("ruth").await);
    for person in [&root, &ruth] {
        enrol_totp(&server, &person.client).await;
    }
    let mut held = server.owner.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM user_sessions WHERE user_id = $1 FOR UPDATE")
        .bind(root.id)
        .execute(&mut *held)
        .await
        .unwrap();
    let waiting = async |how_many: i64| {
        eventually("they wait", || async {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .fetch_one(&server.owner)
            .await
            .unwrap();
            (waiting >= how_many).then_some(())
        })
        .await;
    };
    let remove = async |by: &Person, of: &Person| by.client.delete(&format!("/users/{}/second-factors", of.id)).await;
    let second = async {
        waiting(1).await;
        remove(&root, &ruth).await
    };
    let release = async {
        waiting(2).await;
        held.commit().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(remove(&ruth, &root), second, release);
    first.expect(204);
    second.expect(204);
    server.stop().await;
}
